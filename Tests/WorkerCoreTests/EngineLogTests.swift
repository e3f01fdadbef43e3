import EngineProtocol
import Foundation
import Testing

@testable import WorkerCore

@Suite struct EngineLogTests {
    private let first = StandInCoordinator.attempt(0)
    private let second = StandInCoordinator.attempt(1)

    @Test func theTailIsAboutTheAttempt() {
        var log = EngineLog()
        for line in ["warming up", AttemptMark.beginning(of: first), "one", AttemptMark.end(of: first)] {
            log.take(Data(line.utf8))
        }
        for line in [AttemptMark.beginning(of: second), "two"] { log.take(Data(line.utf8)) }
        #expect(log.tail(of: second) == [AttemptMark.beginning(of: second), "two"])
        #expect(log.tail(of: first).contains("one"))
        #expect(log.hasEnd(of: first) && !log.hasEnd(of: second))
    }

    @Test func aFloodLeavesTheLastLines() {
        var log = EngineLog()
        for number in 0..<10_000 { log.take(Data("line \(number)".utf8)) }
        #expect(log.tail(of: first) == (9970..<10_000).map { "line \($0)" })
    }

    @Test func linesAreShortAndHarmless() {
        var log = EngineLog()
        log.take(Data(repeating: UInt8(ascii: "x"), count: 5000))
        log.take(Data("a\u{1B}[31mred\u{7}\r".utf8))
        log.take(Data([0x61, 0xFF, 0xC0]))
        log.take(Data())
        let long = String(repeating: "x", count: EngineLog.longest)
        #expect(log.tail(of: nil) == [long, "a?[31mred??", "a\u{FFFD}\u{FFFD}"])
    }
}
