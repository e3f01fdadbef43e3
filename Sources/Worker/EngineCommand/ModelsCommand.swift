import ArgumentParser
import FarmModel
import FarmProtocol
import Foundation
import Inference
import Models
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
        let rows = listing.models.map(ModelRow.init)
        let builtIn = ModelReference.builtIn.map(ModelRow.init)
        if json { return try printLine(rows + builtIn) }
        for row in rows + builtIn.suffix(1) { print(line(row)) }  // at any scale
    }

    private func resolution(of name: String) -> ModelResolution {
        do { return ModelResolution(model: try ModelLibrary().resolve(name, scale: scale, reach: reach)) } catch {
            return ModelResolution(error: "\(error)")
        }
    }

    private func line(_ row: ModelRow) -> String {
        let (model, about) = (row.model, row.model.description)
        let scale = model.sha256 == nil ? "any" : "x\(about.scale)"
        let name = about.name.padding(toLength: max(26, about.name.count), withPad: " ", startingAt: 0)
        let share = row.ownShare.map { String(format: "own kernels %3.0f %%  ", $0 * 100) } ?? ""
        return "\(name) \(scale)  radius \(about.receptiveRadius)  window \(about.window)  \(share)\(about.licence)  "
            + (model.path ?? "built in")
    }

    private func printLine(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}

/// A model, and how much of its convolutions' multiplications runs in our own kernels on the CPU.
private struct ModelRow: Encodable {
    var model: ModelReference
    /// nil where it has none.
    var ownShare: Double?

    private enum CodingKeys: CodingKey { case ownShare }

    /// A network that does not run is listed all the same, and what is wrong with it said.
    init(_ model: ModelReference) {
        self.model = model
        do { ownShare = try model.path.map { try ModelFile.ownShare(of: $0) } } catch {
            FileHandle.standardError.write(Data("worker: \(error)\n".utf8))
        }
    }

    func encode(to encoder: any Encoder) throws {
        try model.encode(to: encoder)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encodeIfPresent(ownShare, forKey: .ownShare)
    }
}
