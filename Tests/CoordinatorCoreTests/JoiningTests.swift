import FarmModel
import Foundation
import SchedulingSupport
import TestSupport
import Testing

@testable import CoordinatorCore

/// How joining begins, ends and is given up, with children that do as they are told.
@Suite(.serialized, .timeLimit(.minutes(5))) struct JoiningTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The process ids of the children so far.
    private var children: [Int32] { lines("children") }

    private func lines(_ name: String) -> [Int32] {
        let text = (try? String(contentsOfFile: folder.path(name), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { Int32($0) }
    }

    /// Each child notes those of before that are still there, and itself.
    private func child(_ rest: String) -> String {
        """
        cd \(folder.url.path)
        touch children
        for earlier in $(cat children); do if kill -0 $earlier 2> /dev/null; then echo $earlier >> overlaps; fi; done
        echo $$ >> children
        \(rest)
        """
    }

    /// A job all of whose segments are accepted.
    private func bench(
        segments: Int = 1, _ script: String, configure: (inout FarmConfiguration) -> Void = { _ in }
    ) async throws -> DispatcherBench {
        let bench = try await DispatcherBench(folder, script: child(script), configure: configure)
        try await bench.make(segments: segments)
        try await bench.accept(segments)
        try await bench.takeUp()
        try await until("joining") { children.count == 1 }
        return bench
    }

    @Test func aCancelledJobIsJoinedNoFurther() async throws {
        let bench = try await bench("touch .out.mkv.film1.part; exec sleep 600")
        let partial = folder.path(".out.mkv.film1.part")
        try await until("the partial film") { FileManager.default.fileExists(atPath: partial) }
        try await bench.dispatcher.carryOut(.jobCancelled(film))
        try await until("the child to end") { kill(children[0], 0) != 0 }
        try await until("its file to go") { !FileManager.default.fileExists(atPath: partial) }
        #expect(try await bench.plan.state == .cancelled)
        await bench.close()
    }

    @Test func twoAreNeverAtOneFilm() async throws {
        let bench = try await bench("exec sleep 600")
        for round in 2...4 {
            try await bench.dispatcher.carryOut(.jobCancelled(film))
            try await bench.takeUp()
            try await until("joining again") { children.count == round }
        }
        #expect(lines("overlaps") == [])
        try await bench.dispatcher.carryOut(.jobCancelled(film))
        await bench.close()
    }

    enum Harm: CaseIterable { case removed, changed }

    @Test(arguments: Harm.allCases) func aSegmentWhoseFileIsGoneOrDamagedIsMadeAgain(_ harm: Harm) async throws {
        let bench = try await bench(segments: 2, "while [ ! -e go ]; do sleep 0.05; done; exit 1")
        let path = bench.spool.segment(attempt(1))
        switch harm {
        case .removed: try FileManager.default.removeItem(atPath: path)
        case .changed:
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            bytes[bytes.count - 1] ^= 1
            try bytes.write(to: URL(fileURLWithPath: path))
        }
        _ = FileManager.default.createFile(atPath: folder.path("go"), contents: nil)
        try await until("one segment to wait") {
            try await bench.plan.segments.map { $0.result == nil } == [false, true]
        }
        #expect(try await bench.plan.state == .running)
        let worker = try bench.worker()
        try await worker.open()
        try await until("a lease of it") { await worker.leases.map(\.task.attempt) == [attempt(1, 2)] }
        try await worker.deliver(try BenchSegment(attempt(1, 2)))
        // Now all is there, and what fails is the job's end.
        try await until("the job's end") { try await bench.plan.state == .failed }
        #expect(children.count == 2)
        await worker.close()
        await bench.close()
    }

    @Test func whatJoinsDoesNotWait() async throws {
        let full = CoordinatorError(.file, "cannot write: \(String(cString: strerror(ENOSPC)))")
        let word = String(decoding: try JSONEncoder().encode(FilmWord.failed(full)), as: UTF8.self)
        let bench = try await bench("if [ ! -e once ]; then touch once; echo '\(word)'; exit 1; fi; exec sleep 600") {
            $0.reserve = 0
            $0.scheduler.longestBackOff = 5  // long enough to be seen waiting on a busy machine
        }
        try await until("waiting for space") { await bench.dispatcher.status(of: film)?.held != nil }
        try await until("joining again") { children.count == 2 }
        #expect(await bench.dispatcher.status(of: film)?.held == nil)
        try await bench.dispatcher.carryOut(.jobCancelled(film))
        await bench.close()
    }

    /// A changed byte may leave a stream that can be read: no film is made of it.
    @Test func whatWasNotAcceptedIsNotJoined() throws {
        let path = folder.path("segment")
        try BenchSegment(attempt(0)).bytes.write(to: URL(fileURLWithPath: path))
        let order = JoinOrder(
            film: folder.path("film"), videoIndex: 0, range: FrameRange(0, 1),
            segments: [.init(path: path, sha256: "another's")],
            frameTable: folder.path("frames"), struck: [], encoding: BenchSegment.encoding(),
            partial: folder.path("part"), mark: folder.path("mark"), output: folder.path("out.mkv"), overwrite: false)
        let error = try #require(throws: CoordinatorError.self) { try order.carryOut { _ in } }
        #expect(error.kind == .file && error.message.contains(path) && error.message.contains("accepted"))
    }
}
