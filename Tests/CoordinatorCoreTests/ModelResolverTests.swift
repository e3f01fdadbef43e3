import Foundation
import Processes
import TestSupport
import Testing

@testable import CoordinatorCore

/// With the real `worker models`, which hangs on a file that never gives its bytes.
@Suite(.timeLimit(.minutes(5))) struct ModelResolverTests {
    private static let worker = Launch.sibling("worker-engine", ["models"])
    private let folder: TemporaryFolder
    private var model: String { folder.path("hangs.pt") }

    init() throws {
        folder = try TemporaryFolder()
        try #require(mkfifo(folder.path("hangs.pt"), 0o600) == 0)
    }

    /// Processes that were started to look at this test's model.
    private func children() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
            Int32(name) != nil && name != "\(getpid())"
                && (FileManager.default.contents(atPath: "/proc/\(name)/cmdline")
                    .map { String(decoding: $0, as: UTF8.self).contains(model) } ?? false)
        }
    }

    @Test func aModelIsFound() async throws {
        let name = "realesr-animevideov3"
        let found = try await ModelResolver(launch: Self.worker).resolve(name, scale: nil, reach: 2)
        #expect(found.description.name == name && found.description.scale == 2 && found.sha256?.count == 64)
        #expect(try await ModelResolver(launch: Self.worker).resolve(name, scale: 3).description.scale == 3)
    }

    @Test func whatIsBuiltInNeedsNoWorker() async throws {
        let resolver = ModelResolver(launch: Launch(executable: "/nowhere/worker", arguments: []))
        #expect(try await resolver.resolve("nearest", scale: 3) == .nearest(scale: 3))
        #expect(try await resolver.resolve("nearest", scale: nil, reach: 2) == .nearest(scale: 2))
        await #expect(throws: CoordinatorError.self) { try await resolver.resolve("nearest", scale: 17) }
    }

    @Test func aChildThatHangsIsGivenUp() async throws {
        let resolver = ModelResolver(launch: Self.worker, limit: .seconds(2))
        let error = await #expect(throws: CoordinatorError.self) { try await resolver.resolve(model, scale: nil) }
        #expect(error?.kind == .file)
        for part in [model, "2.0 seconds", "try again"] { #expect(error?.message.contains(part) == true, "\(part)") }
        try await until("killed") { try children().isEmpty }
    }

    @Test func whoGivesUpEndsTheChild() async throws {
        let resolver = ModelResolver(launch: Self.worker)
        let looking = Task { [model] in try await resolver.resolve(model, scale: nil) }
        try await until("started") { try !children().isEmpty }
        looking.cancel()
        await #expect(throws: CancellationError.self) { try await looking.value }
        try await until("killed") { try children().isEmpty }
    }

    @Test func theChildEndsWithItsParent() async throws {
        var launch = Self.worker
        launch.arguments += ["--resolve", model]
        var child: ChildProcess? = try ChildProcess(launch, name: "model resolver")
        try await until("started") { try !children().isEmpty }
        withExtendedLifetime(child) {}
        child = nil  // its standard input closes, as it does where the parent is killed
        try await until("ended") { try children().isEmpty }
    }
}
