package import FarmModel
package import FarmProtocol
package import Scheduling

package let film = JobID("film1")
package let framesPerSegment = 10
package let shape = ExecutionShape(tile: 0, batch: 4, precision: .fp32)

package func plan(_ job: JobID = film, segments count: Int, pinned: Bool = true) -> JobPlan {
    let segments = (0..<count).map {
        SegmentPlan(range: FrameRange($0 * framesPerSegment, ($0 + 1) * framesPerSegment))
    }
    return JobPlan(id: job, shape: pinned ? shape : nil, segments: segments)
}

package func attempt(_ index: Int, _ number: Int = 1, of job: JobID = film) -> AttemptID {
    AttemptID(segment: SegmentID(job: job, index: index), number: number)
}

package func result(_ attempt: AttemptID, missing: [Int] = []) -> SegmentResult {
    let output = BlobReference(id: "\(attempt)", size: 1000, sha256: "hash of \(attempt)")
    return SegmentResult(
        attempt: attempt, output: output, frames: framesPerSegment - missing.count, missing: missing,
        stages: StageTimes())
}

package func hello(_ name: String, slots: Int = 1, epoch: Int64 = 1, holding held: [AttemptID] = []) -> WorkerHello {
    let slot = SlotDescription(
        device: "cpu", deviceModel: "test", versions: [:], memory: 1 << 30, encoders: ["ffv1"])
    return WorkerHello(
        worker: WorkerIdentity(name: name, epoch: epoch, processID: 1), slots: Array(repeating: slot, count: slots),
        held: held)
}

package func beat(_ attempts: [AttemptID], frames: Int = 0) -> Heartbeat {
    Heartbeat(attempts: attempts.map { Heartbeat.Progress(attempt: $0, frames: frames) })
}
