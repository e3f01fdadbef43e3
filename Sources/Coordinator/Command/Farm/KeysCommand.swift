public import ArgumentParser
import CoordinatorCore
public import FarmModel
import Foundation

/// `coordinator keys`: who may talk to this coordinator.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make, list and revoke keys; on the coordinator's machine, whether or not it runs.",
        subcommands: [New.self, List.self, Revoke.self])

    struct New: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "new", abstract: "Make a key and write its file, which only its holder may read.",
            discussion: "Bring the file to its holder over a safe channel: whoever has it is the holder.")

        @Option(help: "client (submits, acts on its own jobs), worker, or operator (acts on everything).")
        var role: Role

        @Option(help: "The holder's name: letters, digits, '.', '_' and '-'. A worker is called by it.")
        var name: String

        @Option(help: "Where the holder reaches the coordinator; by default this host's name and the port of `serve`.")
        var endpoint: String?

        @Option(help: "Where the bulk channel is; by default the port after --endpoint's.")
        var bulkEndpoint: String?

        @Option(name: .shortAndLong, help: "The key file; by default NAME.key in the current folder.")
        var output: String?

        @Option(help: "The coordinator's state directory.")
        var state: String = StateDirectory.standard().path

        func run() async throws {
            let path = output ?? "\(name).key"
            let key = try KeyDesk(stateDirectory: state).issue(
                role: role, name: name, endpoint: endpoint, bulk: bulkEndpoint, to: path)
            Output.lines(["\(path): \(role.rawValue) \(name) of \(key.control)"])
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List the keys that are let in.")

        @OptionGroup var output: JSONOption

        @Option(help: "The coordinator's state directory.")
        var state: String = StateDirectory.standard().path

        func run() async throws {
            let keys = try KeyDesk(stateDirectory: state).list()
            if output.json { return try output.printed(keys.map(KeyView.init)) }
            let rows = keys.map {
                [
                    $0.holder.name, $0.holder.role.rawValue, HistoryText.time($0.created.timeIntervalSince1970),
                    $0.holder.publicKey,
                ]
            }
            Output.lines(TextTable.lines(["NAME", "ROLE", "CREATED", "PUBLIC KEY"], rows))
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke", abstract: "Let a key in no more, with effect at once.")

        @Argument(help: "Names of keys, as `list` shows them.")
        var names: [String]

        @Option(help: "The coordinator's state directory.")
        var state: String = StateDirectory.standard().path

        func run() async throws {
            for name in names {
                try KeyDesk(stateDirectory: state).revoke(name)
                Output.lines(["\(name): revoked"])
            }
        }
    }
}

extension Role: ExpressibleByArgument {}
