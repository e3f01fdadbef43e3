internal import FarmModel

/// A film's frames as its decoder gives them, one by one from start to end. Calls block: give it a thread of its own.
final class FrameStream {
    let demuxer: Demuxer
    let decoder: VideoDecoder
    private var ready: [VideoFrame] = []
    private var isDrained = false

    /// - Throws: `MediaError` where the film cannot be read or decoded; `CancellationError`.
    init(_ path: String, isCancelled: @escaping @Sendable () -> Bool) throws {
        demuxer = try Demuxer(path: path, selection: .video, isCancelled: isCancelled)
        decoder = try VideoDecoder(stream: demuxer.video, threads: 0)
    }

    /// The next frame; nil after the last one.
    /// - Parameter change: sees each packet before it is decoded.
    func next(_ change: (inout VideoPacket) -> Void = { _ in }) throws -> VideoFrame? {
        while ready.isEmpty, !isDrained { ready = try decodeMore(change) }
        return ready.isEmpty ? nil : ready.removeFirst()
    }

    private func decodeMore(_ change: (inout VideoPacket) -> Void) throws -> [VideoFrame] {
        guard let packet = try demuxer.next() else {
            isDrained = true
            return try decoder.finish()
        }
        guard packet.stream == demuxer.videoIndex, packet.size > 0 else { return [] }
        var copy = VideoPacket(packet)
        change(&copy)
        return try decoder.decode(copy)
    }
}
