internal import CLibAV
internal import FarmModel

/// The source's packets without its pictures.
final class CopiedStreams {
    let demuxer: Demuxer
    private let videoIndex: Int
    private let cut: FilmCut
    /// Packets read ahead to learn where streams begin.
    private var ahead: [DemuxedPacket] = []
    private var taken = 0
    private var preRoll = PreRoll()
    /// Read, and not given yet; the next one last.
    private var ready: [DemuxedPacket] = []
    /// Of videos that are copied from within: their first keyframes.
    private var began: [Int: Int64] = [:]

    init(_ plan: FilmPlan, isCancelled: @escaping @Sendable () -> Bool) throws {
        demuxer = try Demuxer(path: plan.source, streams: plan.streams, isCancelled: isCancelled)
        (videoIndex, cut) = (plan.videoIndex, plan.cut)
        guard demuxer.streams.indices.contains(videoIndex) else {
            throw MediaError(.source, "\(plan.source) has no stream \(videoIndex): it changed since the job was made")
        }
        // The pictures are replaced: most containers can step over them in the file.
        demuxer.skip(videoIndex)
    }

    /// Of MPEG transport and program streams, whose clocks start anywhere.
    var isTransportStream: Bool {
        demuxer.context.pointee.iformat.map { $0.pointee.flags & AVFMT_TS_DISCONT != 0 } ?? false
    }

    func next() throws -> DemuxedPacket? {
        if taken < ahead.count {
            taken += 1
            return ahead[taken - 1]
        }
        ahead = []
        taken = 0
        return try read()
    }

    /// The next packet that belongs to the film.
    private func read() throws -> DemuxedPacket? {
        while true {
            if let packet = ready.popLast() { return packet }
            guard let packet = try demuxer.next() else { return nil }
            guard packet.stream != videoIndex, demuxer.selected.contains(packet.stream) else { continue }
            ready = preRoll.take(packet, of: demuxer.stream(packet.stream)).filter(takes).reversed()
        }
    }

    private func takes(_ packet: DemuxedPacket) -> Bool {
        let stream = demuxer.stream(packet.stream)
        let isVideo = stream.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_VIDEO && !stream.isBesideStreams
        guard isVideo, cut != .none else { return cut.takes(packet, of: stream) }
        return cut.takes(packet, began: &began[packet.stream], tick: av_q2d(stream.pointee.time_base))
    }

    /// Where the streams begin: the presentation timestamp of each one's first packet, by stream. Reads ahead, but not far.
    func firstTimestamps(of streams: Set<Int>) throws -> [Int: Int64] {
        var first: [Int: Int64] = [:]
        let audio = streams.filter { demuxer.stream($0).pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_AUDIO }
        var bytes = 0
        while !audio.isSubset(of: first.keys), ahead.count < 1000, bytes < 16 << 20, let packet = try read() {
            ahead.append(packet)
            bytes += packet.size
            if streams.contains(packet.stream), let pts = packet.pts ?? packet.dts {
                first[packet.stream] = min(pts, first[packet.stream] ?? pts)
            }
        }
        return first
    }
}

/// What is added to all timestamps of a film, the same for every stream.
struct TimeShift {
    let value: Int64
    let base: AVRational

    static let none = TimeShift(value: 0, base: AVRational(num: 1, den: 1000))

    private init(value: Int64, base: AVRational) {
        self.value = value
        self.base = base
    }

    /// Matroska has no timestamps below zero, and MP4 none of pictures: what begins earlier (the priming of audio, for
    /// one) moves everything up. Transport streams begin anywhere, up to 26 hours late, and parts of films in their middle:
    /// they move down to zero.
    /// - Parameter begins: whether the film is moved to begin at zero wherever it began.
    init(
        pictures: (Int64, AVRational), others: [(Int64, AVRational)], begins: Bool, container: Container
    ) {
        let earliest = others.reduce(pictures) { av_compare_ts($1.0, $1.1, $0.0, $0.1) < 0 ? $1 : $0 }
        let anchor = container.isMatroska || begins ? earliest : pictures
        guard anchor.0 < 0 || begins else {
            self = .none
            return
        }
        let base = container.isMatroska ? AVRational(num: 1, den: 1000) : AVRational(num: 1, den: 90000)
        self.init(value: -av_rescale_q(anchor.0, anchor.1, base), base: base)
    }

    /// `timestamp`, counted in `from`, moved and counted in `to`; unknown where `to` cannot count it.
    func apply(_ timestamp: Int64, from: AVRational, to: AVRational) -> Int64 {
        guard timestamp != av_shim_nopts else { return timestamp }
        let (sum, overflows) = av_rescale_q(timestamp, from, to).addingReportingOverflow(av_rescale_q(value, base, to))
        return overflows ? av_shim_nopts : sum
    }
}
