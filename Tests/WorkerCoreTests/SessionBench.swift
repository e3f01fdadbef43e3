import FarmModel
import FarmProtocol
import Foundation
import Logging
import Messaging
import Models
import TestSupport
import Testing

@testable import WorkerCore

/// A worker's session with scripted engines, and the coordinator it works for.
struct SessionBench {
    let folder = try! TemporaryFolder()
    let engine: StandInEngine
    let session: WorkerSession
    let run: Task<Void, any Error>

    /// - Parameter slots: as many engines, all with one script.
    init(
        slots: Int = 1, silenceLimit: Double = 180, _ change: (inout StandInEngine) -> Void = { _ in },
        configure: (inout WorkerConfiguration) throws -> Void = { _ in }
    ) throws {
        var engine = StandInEngine(folder: try TemporaryFolder())
        change(&engine)
        self.engine = engine
        let launch = try engine.write()
        try Scratch.prepare(folder.path("scratch"))
        var configuration = WorkerConfiguration(
            identity: WorkerIdentity(name: "box", epoch: 1, processID: 1),
            control: try StandInCoordinator.endpoint("control", folder),
            bulk: try StandInCoordinator.endpoint("bulk", folder),
            engines: Array(repeating: launch, count: slots), scratch: folder.path("scratch"),
            models: ModelLibrary(directories: []), fetchedModels: FetchedModels(cache: folder.path("cache")),
            silenceLimit: silenceLimit)
        try configure(&configuration)
        let session = try WorkerSession(configuration: configuration, logger: Logger(label: "test"))
        self.session = session
        run = Task { try await session.run() }
    }

    func coordinator(welcomes: Bool = true) async throws -> StandInCoordinator {
        let coordinator = try StandInCoordinator(folder)
        await coordinator.open(welcomes: welcomes)
        return coordinator
    }

    /// While it is held the engine finishes nothing.
    func hold() { _ = FileManager.default.createFile(atPath: engine.hold, contents: nil) }
    func release() throws { try FileManager.default.removeItem(atPath: engine.hold) }

    var scratch: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder.path("scratch"))) ?? [] }

    /// Ends the session, whatever it holds.
    func end(_ coordinator: StandInCoordinator) async {
        await session.finish()
        _ = await run.result
        await coordinator.close()
    }
}
