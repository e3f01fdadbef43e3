import FarmModel
import FarmProtocol
import Testing

@testable import WorkerCore

@Suite struct HoldingsTests {
    private let first = StandInCoordinator.attempt(0)
    private let second = StandInCoordinator.attempt(1)

    private func failure(_ attempt: AttemptID?) -> WorkerMessage {
        .failure(AttemptFailure(attempt: attempt, job: JobID("test"), reason: "broken", crashed: false))
    }

    private func result(_ attempt: AttemptID) -> WorkerMessage {
        .result(
            SegmentResult(
                attempt: attempt, output: BlobReference(id: "x", size: 0, sha256: ""), frames: 1, missing: [],
                stages: StageTimes()))
    }

    @Test func anAttemptInHandOrOverIsNotTakenAgain() {
        let holdings = Hand()
        #expect(holdings.take(first, slot: 0))
        #expect(!holdings.take(first, slot: 0))
        #expect(holdings.forget(first))
        #expect(!holdings.take(first, slot: 0))
        #expect(holdings.take(StandInCoordinator.attempt(0, 2), slot: 0))
    }

    @Test func aCancelMayOvertakeItsLease() {
        let holdings = Hand()
        #expect(!holdings.forget(first))
        #expect(!holdings.take(first, slot: 0))
    }

    @Test func whatIsOverIsRememberedForAWhileOnly() {
        let holdings = Hand()
        for index in 0..<1000 { _ = holdings.forget(StandInCoordinator.attempt(index)) }
        #expect(!holdings.take(StandInCoordinator.attempt(999), slot: 0))
        #expect(holdings.take(first, slot: 0))
    }

    @Test func reportsAreToldOncePerConnectionUntilAnswered() {
        let holdings = Hand()
        #expect(holdings.take(first, slot: 0) && holdings.take(second, slot: 0))
        #expect(holdings.report(result(first), of: first) && holdings.report(failure(second), of: second))
        #expect(holdings.attempts == [first, second])
        #expect(holdings.untold() == [result(first), failure(second)])
        #expect(holdings.untold().isEmpty)
        holdings.untellAll()
        #expect(holdings.untold() == [result(first), failure(second)])
        _ = holdings.forget(first)
        _ = holdings.forget(second)
        holdings.untellAll()
        #expect(holdings.untold().isEmpty)
    }

    @Test func aReportOfWhatIsOverIsNotKept() {
        let holdings = Hand()
        #expect(holdings.take(first, slot: 0))
        _ = holdings.forget(first)
        #expect(!holdings.report(result(first), of: first))
        #expect(holdings.untold().isEmpty && holdings.attempts.isEmpty)
    }

    @Test func nothingIsLeftOnceFailuresAreToldAndResultsAnswered() {
        let holdings = Hand()
        #expect(holdings.isIdle)
        #expect(holdings.take(first, slot: 0) && holdings.take(second, slot: 0))
        #expect(!holdings.isIdle)
        _ = holdings.report(failure(first), of: first)
        _ = holdings.report(result(second), of: second)
        _ = holdings.untold()
        #expect(!holdings.isIdle)
        _ = holdings.forget(second)
        #expect(holdings.isIdle)
        holdings.untellAll()
        #expect(!holdings.isIdle)
    }

    @Test func calibrationsAreToldOnceMoreAfterAReconnection() {
        let holdings = Hand()
        holdings.reportCalibration(of: JobID("test"), failure(nil))
        #expect(holdings.untold() == [failure(nil)])
        holdings.untellAll()
        #expect(holdings.untold() == [failure(nil)])
        holdings.forgetToldCalibrations()
        holdings.untellAll()
        #expect(holdings.untold().isEmpty)
        for index in 0..<100 { holdings.reportCalibration(of: JobID("job\(index)"), failure(nil)) }
        #expect(holdings.calibrations <= 16)
    }

    @Test func askingAgainForgetsWhatTheLastCalibrationCameTo() {
        let holdings = Hand()
        holdings.reportCalibration(of: JobID("test"), failure(nil))
        holdings.beginCalibration(of: JobID("test"))
        #expect(holdings.untold().isEmpty)
    }
}

/// `Holdings` by reference: `#expect` takes no mutating calls.
private final class Hand {
    private var holdings = Holdings()

    var attempts: [AttemptID] { holdings.attempts }
    var isIdle: Bool { holdings.isIdle }
    var calibrations: Int { holdings.calibrations.count }
    func take(_ attempt: AttemptID, slot: Int) -> Bool { holdings.take(attempt, slot: slot) }
    func report(_ message: WorkerMessage, of attempt: AttemptID) -> Bool { holdings.report(message, of: attempt) }
    func forget(_ attempt: AttemptID) -> Bool { holdings.forget(attempt) }
    func untold() -> [WorkerMessage] { holdings.untold() }
    func untellAll() { holdings.untellAll() }
    func beginCalibration(of job: JobID) { holdings.beginCalibration(of: job) }
    func reportCalibration(of job: JobID, _ message: WorkerMessage) { holdings.reportCalibration(of: job, message) }
    func forgetToldCalibrations() { holdings.forgetToldCalibrations() }
}
