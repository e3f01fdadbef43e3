import ArgumentParser
import EngineCore
import Processes

/// `worker-engine about`: for `worker doctor`.
struct AboutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "about", abstract: "Say what this engine is and sees, in JSON.", shouldDisplay: false)

    func run() throws {
        Lifeline.hold()
        print(String(decoding: try JSONLine.encode(try Engine.about()), as: UTF8.self), terminator: "")
    }
}
