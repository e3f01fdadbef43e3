import ArgumentParser
import FarmModel
import FarmProtocol
import Foundation
import Inference
import Processes

/// `worker models`: what networks this worker can run.
struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models", abstract: "List the models that this worker has.")

    @Flag(help: "One JSON document.")
    var json = false

    // For the coordinator: one line of JSON that says which model a name or file means, or why there is none.
    @Option(help: .hidden)
    var resolve: String?

    @Option(help: .hidden)
    var scale: Int?

    @Option(help: .hidden)
    var reach: Int?

    func run() throws {
        if let resolve {
            Lifeline.hold()
            return try printLine(resolution(of: resolve))
        }
        let listing = ModelLibrary().list()
        for problem in listing.problems { FileHandle.standardError.write(Data("worker: \(problem)\n".utf8)) }
        if json { return try printLine(listing.models) }
        for model in listing.models { print(row(model)) }
    }

    private func resolution(of name: String) -> ModelResolution {
        do { return ModelResolution(model: try ModelLibrary().resolve(name, scale: scale, reach: reach)) } catch {
            return ModelResolution(error: "\(error)")
        }
    }

    private func row(_ model: ModelReference) -> String {
        let about = model.description
        let scale = model.sha256 == nil ? "any" : "x\(about.scale)"
        let name = about.name.padding(toLength: max(26, about.name.count), withPad: " ", startingAt: 0)
        return
            "\(name) \(scale)  radius \(about.receptiveRadius)  window \(about.window)  \(about.licence)  \(model.path ?? "built in")"
    }

    private func printLine(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}
