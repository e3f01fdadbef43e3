import ArgumentParser
import CoordinatorCore
import Foundation

/// How a command reaches a running coordinator.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The coordinator's control endpoint; by default the key's. Or UPSCALE_FARM_COORDINATOR.",
            valueName: "endpoint"))
    var coordinator: String?

    @Option(
        help: ArgumentHelp(
            "A key file made by `coordinator keys new`. Or UPSCALE_FARM_KEY; on the coordinator's own machine not needed.",
            valueName: "file"))
    var key: String?

    @Option(help: .hidden)
    var state: String = StateDirectory.standard().path

    /// Does `work` with a connection, and closes it whatever happens.
    /// - Parameter patience: seconds without any connection after which it fails.
    func connected<Value: Sendable>(
        patience: Double = 15, _ work: @Sendable (FarmClient) async throws -> Value
    ) async throws -> Value {
        let access = try FarmAccess.resolve(coordinator: coordinator, key: key, stateDirectory: state)
        let client = try FarmClient(access, patience: patience)
        do {
            let value = try await work(client)
            await client.close()
            return value
        } catch {
            await client.close()
            throw error
        }
    }
}

/// `--json`: one document on standard output.
struct JSONOption: ParsableArguments {
    @Flag(help: "One JSON document.")
    var json = false

    func printed(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        Output.line(try encoder.encode(value))
    }
}
