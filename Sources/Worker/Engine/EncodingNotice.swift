import EngineProtocol
import FarmModel
import Synchronization

/// Says once a job that its encoder keeps the device waiting, and what can be done.
final class EncodingNotice: Sendable {
    private let said = Mutex<Set<JobID>>([])

    func text(for result: SegmentResult, on device: String) -> String? {
        let job = result.attempt.segment.job
        guard result.stages.limit == .encoding, said.withLock({ $0.insert(job).inserted }) else { return nil }
        let stage = result.stages.inference
        let share = Int((100 * stage.busy / (stage.busy + stage.starved + stage.blocked)).rounded())
        return
            "job \(job): the encoder limits, and \(device) works \(share) % of the time: a faster --preset, another --codec "
            + "or more processors make the job faster"
    }
}
