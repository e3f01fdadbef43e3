internal import CLibAV
public import FarmModel
internal import Foundation

/// Finds where uncompressed sound does not follow on itself. QuickTime and MP4 tell its time by counting samples: there it would move
/// up, and all behind it would be early.
struct SoundGaps {
    fileprivate let index: Int
    private let frame: Int
    private let rate: Double
    fileprivate let tick: Double
    /// Where the sound is, by its samples; nil before the first.
    private var place: Double?

    /// nil where the stream has none to be found.
    init?(_ stream: UnsafeMutablePointer<AVStream>) {
        guard let shape = SampleRuns.shape(of: stream.pointee.codecpar.pointee) else { return nil }
        (frame, rate) = shape
        (index, tick) = (Int(stream.pointee.index), av_q2d(stream.pointee.time_base))
    }

    /// - Returns: the time in seconds where the packet should begin, and does not, within what clocks round.
    fileprivate mutating func gap(before packet: DemuxedPacket) -> Double? {
        let time = packet.pts.map { Double($0) * tick } ?? place
        guard let time else { return nil }
        let expected = place ?? time
        place = expected + Double(packet.size / frame) / rate
        return abs(time - expected) > tick + 1 / rate + 0.0011 ? expected : nil
    }
}

extension FilmWriter {
    /// Refuses uncompressed sound that the container would move. Reads the film to its end, if it has such sound and such a container.
    /// - Parameter part: in seconds after the film's start.
    /// - Throws: `MediaError` of kind `settings`, which names what can hold it.
    public static func checkSound(
        of source: String, streams: StreamSelection? = nil, part: FilmCut, output: String, codec: Codec
    ) throws {
        let container = try Container(output: output, codec: codec)
        guard !container.isMatroska else { return }
        let demuxer = try Demuxer(path: source, streams: streams)
        let muxer = try FilmMuxer(container, path: output)
        var sounds = demuxer.selectedStreams.filter { muxer.canHold($0) }.compactMap { SoundGaps($0) }
        guard !sounds.isEmpty else { return }
        let start = timestamp(demuxer.context.pointee.start_time).map { Double($0) / Double(AV_TIME_BASE) } ?? 0
        let asked = FilmCut(from: part.from.map { $0 + start }, to: part.to.map { $0 + start })
        for stream in demuxer.streams.indices where !sounds.contains(where: { $0.index == stream }) {
            demuxer.skip(stream)
        }
        var ended: Set<Int> = []
        while ended.count < sounds.count, let packet = try demuxer.next() {
            // What an edit list hides is not written.
            guard let place = sounds.firstIndex(where: { $0.index == packet.stream }), !packet.flags.contains(.discard)
            else { continue }
            if let end = asked.to, let time = packet.pts, Double(time) * sounds[place].tick > end + 1 {
                ended.insert(packet.stream)
            }
            guard asked.takes(packet, of: demuxer.stream(packet.stream)) else { continue }
            guard let gap = sounds[place].gap(before: packet) else { continue }
            throw MediaError(
                .settings,
                "\(source): its stream \(packet.stream) is uncompressed sound that does not follow on itself at \(rounded(gap - start)) s, which \(container.name) cannot hold: sound would move against the pictures; name the film .mkv"
            )
        }
    }
}
