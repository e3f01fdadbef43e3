import Foundation
import Logging
import Processes
import TestSupport
import Testing

@testable import CoordinatorCore

/// With shells that stand in for workers.
@Suite(.timeLimit(.minutes(1))) struct LocalWorkersTests {
    private let folder = try! TemporaryFolder()

    /// Runs `script` for each of `count` workers until they cannot be had, and counts how often it was started.
    private func failure(of script: String, count: Int = 1) async throws -> (error: CoordinatorError, starts: Int) {
        let launches = (1...count).map { number in
            Launch(
                executable: "/bin/sh", arguments: ["-c", "echo started >>'\(folder.path("starts"))'; \(script)"],
                errorLog: folder.path("worker-\(number).log"))
        }
        let workers = LocalWorkers(launches: launches, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        await workers.start()
        while true {
            try await Task.sleep(for: .milliseconds(10))
            guard let error = await workers.failure else { continue }
            await workers.start()  // the next film's
            await workers.stop()
            let starts = try String(contentsOfFile: folder.path("starts"), encoding: .utf8)
            return (error, starts.split(separator: "\n").count)
        }
    }

    @Test func badUsageIsNotTriedAgain() async throws {
        let (error, starts) = try await failure(of: "echo 'worker: no CUDA device: use --device cpu' >&2; exit 2")
        #expect(error == CoordinatorError(.usage, "no CUDA device: use --device cpu"))
        #expect(error.exitStatus == 2 && starts == 1)
    }

    @Test func otherEndsAreTriedAgainAFewTimes() async throws {
        let (error, starts) = try await failure(of: "echo 'worker: out of luck' >&2; exit 1")
        #expect(error.kind == .farm && error.message.contains("worker: out of luck"))
        #expect(starts == 5)
    }
}
