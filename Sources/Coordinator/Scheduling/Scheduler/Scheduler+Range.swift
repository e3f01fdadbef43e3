public import FarmModel

extension Scheduler {
    /// The frames of a segment; nil where job or segment is unknown.
    public func range(of segment: SegmentID) -> FrameRange? {
        guard let segments = plan(of: segment.job)?.segments, segments.indices.contains(segment.index) else {
            return nil
        }
        return segments[segment.index].range
    }

    /// How many workers are connected.
    public var connectionCount: Int { connections.count }

    public func isConnected(_ worker: WorkerID) -> Bool { connections[worker] != nil }
}
