internal import CLibAV
internal import FarmModel
internal import Foundation

/// A film being written: libav's output context, of one owner and one thread.
///
/// Packets go to the muxer at once and in the order they are given (pictures and copied packets by decoding time), so
/// that nothing piles up: libav's own interleaving holds back ten seconds where a stream has little to say.
final class FilmMuxer {
    let container: Container
    let context: UnsafeMutablePointer<AVFormatContext>
    /// What could not be carried as it was.
    var warnings: [String] = []
    /// Source stream to film stream, of those that are copied packet by packet.
    var targets: [Int: Int] = [:]
    /// Of all copied streams, the ones whose payloads the muxer leaves as they are.
    var untouched: [Int: Int] = [:]
    /// Source streams whose text changes its form.
    var conversions: [Int: TextConversion] = [:]
    var videoIndex = 0
    var shift = TimeShift.none
    /// Of the film, about, in seconds.
    var length = 0.0

    let path: String
    private var timeBases: [Int: AVRational] = [:]
    /// The last decoding timestamp of each film stream, in its own time base.
    private var last: [Int32: Int64] = [:]
    private var mended: [Int32: Int] = [:]
    /// Of film streams whose first packets lack a decoding timestamp: the first picture's time, and how many lacked one.
    private var guessed: [Int: (first: Int64, count: Int)] = [:]
    private let packet: DemuxedPacket

    init(_ container: Container, path: String) throws {
        LibAVLog.install()
        self.container = container
        self.path = path
        packet = try DemuxedPacket()
        var context: UnsafeMutablePointer<AVFormatContext>?
        let answer = avformat_alloc_output_context2(&context, nil, container.muxer, nil)
        guard answer >= 0, let context else {
            throw MediaError(.output, "cannot write \(container.name)", code: answer)
        }
        self.context = context
        // Without random identifiers and dates, the same film comes out as the same bytes.
        context.pointee.flags |= AVFMT_FLAG_BITEXACT
        // FLAC and TrueHD in MP4 are "experimental" to libav and known to every player.
        context.pointee.strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL
        // FilmWriter moves all streams alike before they come here.
        context.pointee.avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED
    }

    deinit {
        avio_closep(&context.pointee.pb)
        avformat_free_context(context)
    }

    /// Writes what stands at the head of the file; streams, chapters and tags are complete.
    func begin() throws {
        try check(
            avio_open2(&context.pointee.pb, "file:" + path, AVIO_FLAG_WRITE, nil, nil), .output, "cannot write \(path)")
        var options: OpaquePointer?
        defer { av_dict_free(&options) }
        // Dispositions as the source's; other containers do not know the option, and leave it.
        av_dict_set(&options, "default_mode", "passthrough", 0)
        refineText()
        LibAVLog.take()
        let answer = avformat_write_header(context, &options)
        guard answer >= 0 else { throw failed("cannot begin \(path)", answer) }
    }

    /// Remembers in which time base packets of a source stream come.
    func expect(_ source: Int, in base: AVRational) { timeBases[source] = base }

    /// Writes a picture.
    func write(_ picture: VideoPacket, timeBase: AVRational) throws {
        av_packet_unref(packet.pointer)
        try picture.fill(packet.pointer)
        packet.pointer.pointee.stream_index = Int32(videoIndex)
        try write(from: timeBase)
    }

    /// Writes a packet of the source, unless its stream is not copied.
    func copy(_ source: DemuxedPacket) throws {
        guard let target = targets[source.stream], let base = timeBases[source.stream] else { return }
        av_packet_unref(packet.pointer)
        if let conversion = conversions[source.stream] {
            guard let converted = conversion.convert(source) else { return }
            try converted.fill(packet.pointer)
        } else {
            av_packet_move_ref(packet.pointer, source.pointer)
        }
        packet.pointer.pointee.stream_index = Int32(target)
        packet.pointer.pointee.pos = -1
        let lead = lead(of: target, in: base)
        if packet.pointer.pointee.pts != av_shim_nopts { packet.pointer.pointee.pts += lead }
        if packet.pointer.pointee.dts != av_shim_nopts { packet.pointer.pointee.dts += lead }
        if packet.pointer.pointee.dts == av_shim_nopts { packet.pointer.pointee.dts = decoding(of: target, base) }
        if packet.pointer.pointee.pts == av_shim_nopts { packet.pointer.pointee.pts = packet.pointer.pointee.dts }
        try write(from: base)
    }

    /// How much later than its time a stream's packets are written: readers of Matroska move sound back by its CodecDelay, which libav's
    /// muxer writes without moving anything forward.
    private func lead(of target: Int, in base: AVRational) -> Int64 {
        guard container.isMatroska, let parameters = context.pointee.streams[target]?.pointee.codecpar.pointee,
            parameters.initial_padding > 0, parameters.sample_rate > 0
        else { return 0 }
        return av_rescale_q(Int64(parameters.initial_padding), AVRational(num: 1, den: parameters.sample_rate), base)
    }

    /// Where a source's streams begin in the film, before they are moved: first packets' timestamps in their time bases.
    func beginnings(_ first: [Int: Int64]) -> [(Int64, AVRational)] {
        first.compactMap { source, pts in
            guard let target = targets[source], let base = timeBases[source] else { return nil }
            return (pts + lead(of: target, in: base), base)
        }
    }

    /// The decoding timestamp of the packet in hand, where the source has none: of streams that reorder pictures, readers do not
    /// know the first ones. As `DecodeOrder`: counted back from the first picture.
    private func decoding(of target: Int, _ base: AVRational) -> Int64 {
        let pts = packet.pointer.pointee.pts
        guard let stream = context.pointee.streams[target], pts != av_shim_nopts,
            stream.pointee.codecpar.pointee.video_delay > 0
        else { return pts }
        let rate = stream.pointee.avg_frame_rate
        let nominal = rate.num > 0 ? av_rescale_q(1, AVRational(num: rate.den, den: rate.num), base) : 1
        let step = max(1, min(nominal, av_rescale_q(1, AVRational(num: 10, den: 1), base)))
        let (first, count) = guessed[target] ?? (pts, 0)
        guessed[target] = (min(first, pts), count + 1)
        return first - step * Int64(max(0, Int(stream.pointee.codecpar.pointee.video_delay) - count))
    }

    private func write(from base: AVRational) throws {
        let raw = packet.pointer
        guard let stream = context.pointee.streams[Int(raw.pointee.stream_index)] else { return }
        let target = stream.pointee.time_base
        raw.pointee.pts = shift.apply(raw.pointee.pts, from: base, to: target)
        raw.pointee.dts = shift.apply(raw.pointee.dts, from: base, to: target)
        raw.pointee.duration = av_rescale_q(raw.pointee.duration, base, target)
        mendOrder(of: stream)
        LibAVLog.take()
        let answer = av_write_frame(context, raw)
        guard answer >= 0 else { throw failed("cannot write \(path)", answer) }
    }

    /// Muxers refuse decoding timestamps that do not ascend. Sources have them, and a coarse clock (Matroska's
    /// millisecond) makes them of frames that are close: the later one moves by the least step.
    private func mendOrder(of stream: UnsafeMutablePointer<AVStream>) {
        let raw = packet.pointer
        let isText = stream.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_SUBTITLE
        let index = raw.pointee.stream_index
        if raw.pointee.dts == av_shim_nopts {
            raw.pointee.dts = last[index].map { $0 + 1 } ?? 0
            raw.pointee.pts = raw.pointee.dts
            // Covers have no place in time.
            if !stream.isBesideStreams { mended[index, default: 0] += 1 }
        } else if let last = last[index], raw.pointee.dts < last || (raw.pointee.dts == last && !isText) {
            raw.pointee.dts = isText ? last : last + 1
            raw.pointee.pts = max(raw.pointee.pts, raw.pointee.dts)
            if Int(index) != videoIndex { mended[index, default: 0] += 1 }
        }
        last[index] = raw.pointee.dts
    }

    /// Ends the file and makes it durable.
    func finish() throws {
        for (source, target) in targets.sorted(by: { $0.key < $1.key }) where place(of: target) == nil {
            warnings.append(
                "stream \(source) is left out: it has no packets, and \(container.name) keeps no such streams")
        }
        for (index, count) in mended.sorted(by: { $0.key < $1.key }) {
            warnings.append(
                "stream \(index): \(count) packets without a timestamp of their own were moved by the least step")
        }
        LibAVLog.take()
        let ended = av_write_trailer(context)
        let written = context.pointee.pb.map { $0.pointee.error } ?? 0
        let closed = avio_closep(&context.pointee.pb)
        for code in [ended, written, closed] where code < 0 { throw failed("cannot finish \(path)", code) }
        let descriptor = open(path, O_RDONLY)
        defer { if descriptor >= 0 { close(descriptor) } }
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            throw MediaError(.output, "cannot make \(path) durable: \(String(cString: strerror(errno)))")
        }
    }

    /// Where a stream stands in the finished film; nil where it has no packets, and MP4 and QuickTime leave it out.
    func place(of stream: Int) -> Int? { isLeftOut(stream) ? nil : (0..<stream).count { !isLeftOut($0) } }

    /// Text gets a last, empty packet from the muxer.
    private func isLeftOut(_ stream: Int) -> Bool {
        let kind = context.pointee.streams[stream]?.pointee.codecpar.pointee.codec_type
        return !container.isMatroska && last[Int32(stream)] == nil && kind != AVMEDIA_TYPE_SUBTITLE
    }

    /// What the disk says counts more than what the muxer makes of it.
    private func failed(_ attempted: String, _ code: Int32) -> MediaError {
        let disk = context.pointee.pb.map { $0.pointee.error } ?? 0
        return MediaError(.output, attempted, code: disk < 0 ? disk : code, logged: LibAVLog.take())
    }
}
