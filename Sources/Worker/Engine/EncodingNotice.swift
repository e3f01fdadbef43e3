import EngineProtocol
import FarmModel
import Synchronization

/// Says once a job that its encoder keeps the device waiting, and what can be done.
final class EncodingNotice: Sendable {
    private let said = Mutex<Set<JobID>>([])

    func text(for result: SegmentResult, on device: String) -> String? {
        let job = result.attempt.segment.job
        guard result.stages.limit == .encoding, said.withLock({ $0.insert(job).inserted }) else { return nil }
        return
            "job \(job): the encoder limits, and what \(device) has made waits for it: a faster --preset, another --codec or more processors "
            + "make the job faster, and where processors are idle meanwhile, `worker --engines 2` (of `coordinator run`, --workers 2)"
    }
}
