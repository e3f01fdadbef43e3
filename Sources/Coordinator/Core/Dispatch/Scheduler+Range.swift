import FarmModel

extension Scheduler {
    /// The frames of a segment; nil where job or segment is unknown.
    func range(of segment: SegmentID) -> FrameRange? {
        guard let segments = plan(of: segment.job)?.segments, segments.indices.contains(segment.index) else {
            return nil
        }
        return segments[segment.index].range
    }

    var connectionCount: Int { connections.count }

    func isConnected(_ worker: WorkerID) -> Bool { connections[worker] != nil }
}
