internal import CLibAV
public import FarmModel
internal import Foundation

/// Decodes one stream of packets with libavcodec. Calls block: give it a thread of its own.
///
/// Pictures that can only be made with missing references are not given, as with libavcodec's `output_corrupt` off. That is
/// not left to libavcodec, though: while draining H.264 it withholds right pictures, the last of a run that starts at a
/// recovery point, for it learns too late that it had recovered. So it gives all, and those that it doubts are kept only
/// if shown no earlier than the first packet where decoding may start (`EntryPoint`).
public final class VideoDecoder {
    /// What went wrong without stopping the decoder.
    public struct Damage: Hashable, Sendable {
        /// Packets that could not be decoded, or not without an error in libav's log.
        public var packets = 0
        /// Pictures whose samples were partly made up.
        public var pictures = 0
        /// Timestamp of the first, in the stream's time base.
        public var first: Int64?
        /// libav's own words for the last.
        public var message: String?

        public var isEmpty: Bool { packets == 0 && pictures == 0 }
    }

    public let stream: VideoStream
    public private(set) var damage = Damage()
    /// The format of the pictures; nil before the first.
    public private(set) var format: PictureFormat?

    private let context: UnsafeMutablePointer<AVCodecContext>
    private let packet: DemuxedPacket
    private let sink = LibAVLog.Sink()
    private var converter: PlaneConverter?
    private let entryPoint: EntryPoint
    /// pts of the first entry sent.
    private var firstEntry: Int64?

    /// - Parameter threads: threads that the decoder may use where that does not change the pictures; 0 lets it take one a core.
    /// - Throws: `MediaError` where libavcodec has no decoder or refuses the parameters.
    public init(stream: VideoStream, threads: Int) throws {
        LibAVLog.install()
        self.stream = stream
        packet = try DemuxedPacket()
        entryPoint = EntryPoint(stream.parameters)
        let token = LibAVLog.register(sink)
        do {
            context = try stream.parameters.withLibAV { parameters in
                try Self.open(parameters, stream, threads: threads, opaque: token)
            }
        } catch {
            LibAVLog.unregister(token)
            throw error
        }
    }

    /// Codecs whose decoders give the same pictures with any number of threads, out of damaged packets too, as long as the threads
    /// work on parts of one picture (P2). Threads that work on several pictures at once change what stands for damaged
    /// samples, and any second thread turns H.264's concealment off. One thread of decoding keeps up with any network.
    private static let threadSafe: Set = ["hevc", "av1", "vp9", "ffv1", "prores", "dnxhd"]

    private static func open(
        _ parameters: UnsafeMutablePointer<AVCodecParameters>, _ stream: VideoStream, threads: Int,
        opaque: UnsafeMutableRawPointer?
    ) throws -> UnsafeMutablePointer<AVCodecContext> {
        let name = stream.parameters.codec
        guard let codec = avcodec_find_decoder(parameters.pointee.codec_id) else {
            throw MediaError(.codec, "this libavcodec has no decoder for \(name)")
        }
        var context = avcodec_alloc_context3(codec)
        guard let opened = context else { throw MediaError(.codec, "out of memory for a decoder") }
        do {
            try check(avcodec_parameters_to_context(opened, parameters), .codec, "setting up the \(name) decoder")
            opened.pointee.pkt_timebase = stream.timeBase.av
            opened.pointee.thread_count = threadSafe.contains(name) ? Int32(clamping: threads) : 1
            opened.pointee.thread_type = FF_THREAD_SLICE
            opened.pointee.opaque = opaque
            if name == "h264" { opened.pointee.flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT }
            LibAVLog.take()
            let answer = avcodec_open2(opened, codec, nil)
            guard answer >= 0 else {
                throw MediaError(.codec, "opening the \(name) decoder", code: answer, logged: LibAVLog.take())
            }
            return opened
        } catch {
            avcodec_free_context(&context)
            throw error
        }
    }

    /// Decodes `packet`; the pictures that came out of it, in presentation order.
    public func decode(_ packet: VideoPacket) throws -> [VideoFrame] {
        try send(packet)
        return try receiveAll()
    }

    /// The pictures still inside, after the last packet.
    public func finish() throws -> [VideoFrame] {
        try drain()
        return try receiveAll()
    }

    /// Gives the decoder one packet. After each, `receive` until it gives nil. An undecodable packet is counted in `damage`.
    public func send(_ packet: VideoPacket) throws {
        // libavcodec would take an empty packet for the end.
        guard !packet.payload.isEmpty else { return }
        if firstEntry == nil, entryPoint.allows(packet) { firstEntry = packet.pts }
        try packet.fill(self.packet.pointer)
        defer { av_packet_unref(self.packet.pointer) }
        try note(avcodec_send_packet(context, self.packet.pointer), at: packet.pts ?? packet.dts)
    }

    /// Tells the decoder that no packet follows.
    public func drain() throws {
        try note(avcodec_send_packet(context, nil), at: nil)
    }

    /// The next picture, or nil where the decoder wants another packet, or has ended.
    ///
    /// - Throws: `MediaError` where the picture's size or layout is not the first one's.
    public func receive() throws -> VideoFrame? {
        // With threads, damage shows up here and not where the packet went in. Each error uses up a packet, so the
        // limit is only there lest a broken decoder keeps us for ever.
        for _ in 0..<10_000 {
            let frame = try LibAVFrame()
            let answer = avcodec_receive_frame(context, frame.pointer)
            if answer >= 0 {
                if lacksReferences(frame) { continue }
                return try picture(frame)
            }
            if answer == av_shim_error_again || answer == av_shim_error_eof { return nil }
            try note(answer, at: nil)
        }
        throw MediaError(.codec, "the \(stream.parameters.codec) decoder fails without end: \(damage.message ?? "")")
    }

    private func receiveAll() throws -> [VideoFrame] {
        var frames: [VideoFrame] = []
        while let frame = try receive() { frames.append(frame) }
        return frames
    }

    deinit {
        LibAVLog.unregister(context.pointee.opaque)
        var context: UnsafeMutablePointer<AVCodecContext>? = context
        avcodec_free_context(&context)
    }
}

extension VideoDecoder {
    /// Counts what an answer of libavcodec, and what it logged meanwhile, say about damage.
    private func note(_ answer: Int32, at time: Int64?) throws {
        let logged = sink.take()
        if answer == av_shim_error_no_memory {
            throw MediaError(.codec, "decoding \(stream.parameters.codec)", code: answer)
        }
        let failed = answer < 0 && answer != av_shim_error_again && answer != av_shim_error_eof
        guard failed || (logged != nil && isExpectedWhole(time)) else { return }
        damage.packets += 1
        damage.first = damage.first ?? time
        damage.message = logged ?? libavText(answer)
    }

    /// Errors in what is shown before the first entry are nobody's fault: references are missing.
    private func isExpectedWhole(_ time: Int64?) -> Bool {
        guard let firstEntry else { return false }
        return (time ?? .max) >= firstEntry
    }

    /// True of pictures that libavcodec gives only because of `output_corrupt`, and doubts for a reason.
    private func lacksReferences(_ frame: LibAVFrame) -> Bool {
        guard givesDoubtful, isCorrupt(frame) else { return false }
        guard let time = timestamp(frame.pointer.pointee.pts), let firstEntry else { return true }
        return time < firstEntry
    }

    private var givesDoubtful: Bool { context.pointee.flags & AV_CODEC_FLAG_OUTPUT_CORRUPT != 0 }

    private func isCorrupt(_ frame: LibAVFrame) -> Bool {
        frame.pointer.pointee.flags & Int32(AV_FRAME_FLAG_CORRUPT) != 0
    }

    private func picture(_ frame: LibAVFrame) throws -> VideoFrame {
        let (planar, layout) = try planes(of: frame)
        let raw = planar.pointer.pointee
        let picture = VideoFrame(
            planar,
            format: PictureFormat(
                width: Int(raw.width), height: Int(raw.height), layout: layout,
                color: ColorDescription(
                    frame.pointer.pointee, container: stream.parameters.color, isRGB: layout.family == .rgb)),
            timestamp: timestamp(raw.pts) ?? timestamp(raw.best_effort_timestamp),
            isDamaged: raw.decode_error_flags != 0 || (isCorrupt(frame) && !givesDoubtful))
        try accept(picture)
        return picture
    }

    /// The frame itself where its planes are plain and run downwards, else a converted one.
    private func planes(of frame: LibAVFrame) throws -> (LibAVFrame, PixelLayout) {
        let raw = frame.pointer.pointee
        if let layout = PixelLayout(planar: AVPixelFormat(raw.format)), raw.linesize.0 > 0 { return (frame, layout) }
        let converter: PlaneConverter
        if let known = self.converter, known.source.rawValue == raw.format {
            converter = known
        } else {
            converter = try PlaneConverter(from: AVPixelFormat(raw.format))
            self.converter = converter
        }
        return (try converter.convert(frame), converter.result)
    }

    private func accept(_ picture: VideoFrame) throws {
        if picture.isDamaged {
            damage.pictures += 1
            damage.first = damage.first ?? picture.timestamp
            damage.message = sink.take() ?? damage.message
        }
        guard let first = format else {
            format = picture.format
            return
        }
        let new = picture.format
        guard (first.width, first.height) == (new.width, new.height), first.layout == new.layout else {
            throw MediaError(
                .source,
                "the picture changes inside the film from \(first.name) to \(new.name)\(picture.seconds(stream.timeBase)); "
                    + "cut the film there and upscale the parts on their own")
        }
    }
}

extension PictureFormat {
    /// "640x480 yuv420p"
    fileprivate var name: String {
        let pixels = layout.avFormat.flatMap { text(av_get_pix_fmt_name($0)) }
        return "\(width)x\(height) \(pixels ?? layout.family.rawValue)"
    }
}

extension VideoFrame {
    fileprivate func seconds(_ timeBase: Rational) -> String {
        timestamp.map { " at \((Double($0) * timeBase.value * 1000).rounded() / 1000) s" } ?? ""
    }
}
