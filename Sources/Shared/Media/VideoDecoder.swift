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
    public let stream: VideoStream
    public internal(set) var damage = Damage()

    private(set) var context: UnsafeMutablePointer<AVCodecContext>
    private let packet: DemuxedPacket
    let sink = LibAVLog.Sink()
    var converter: PlaneConverter?
    private let entryPoint: EntryPoint
    private var turn: SequenceTurn
    private let threads: Int
    private let splitsPictures: Bool
    let hardware: HardwareDecoder?
    /// pts of the first entry sent.
    var firstEntry: Int64?
    private var hasBegun = false

    /// - Parameters:
    ///   - threads: threads that the decoder may use where that does not change the pictures; 0 lets it take one a core.
    ///   - splitsPictures: false: each thread takes a picture, which is for those who do not mind what stands for damaged samples.
    ///   - hardware: what decodes instead. Pictures then lie in its memory, in one of few surfaces each: take from them what is
    ///     needed, and let them go, before the next is asked for.
    /// - Throws: `MediaError` where libavcodec has no decoder or refuses the parameters; with hardware also where that does not
    ///   decode such a stream: nothing is decoded in software unasked.
    public init(
        stream: VideoStream, threads: Int, splitsPictures: Bool = true, hardware: HardwareDecoder? = nil
    ) throws {
        LibAVLog.install()
        if hardware != nil, let refusal = HardwareDecoder.refusal(of: stream.parameters) {
            throw MediaError(.codec, refusal)
        }
        self.stream = stream
        self.hardware = hardware
        packet = try DemuxedPacket()
        entryPoint = EntryPoint(stream.parameters)
        turn = SequenceTurn(stream.parameters)
        self.threads = threads
        self.splitsPictures = splitsPictures
        let token = LibAVLog.register(sink)
        do {
            context = try stream.parameters.withLibAV { parameters in
                try Self.open(
                    parameters, stream, threads: threads, splitsPictures: splitsPictures, hardware, opaque: token)
            }
        } catch {
            LibAVLog.unregister(token)
            throw error
        }
    }

    /// The largest picture of HEVC's highest level, 16384x8704. Damaged headers promise larger ones, and libavcodec would find
    /// memory for some of each.
    static let mostPixels: Int64 = 142_606_336

    /// Codecs whose decoders give the same pictures with any number of threads, out of damaged packets too, as long as the threads
    /// work on parts of one picture (P2). Threads that work on several pictures at once change what stands for damaged
    /// samples, and any second thread turns H.264's concealment off. One thread of decoding keeps up with any network.
    private static let threadSafe: Set = ["hevc", "av1", "vp9", "ffv1", "prores", "dnxhd"]

    private static func open(
        _ parameters: UnsafeMutablePointer<AVCodecParameters>, _ stream: VideoStream, threads: Int,
        splitsPictures: Bool,
        _ hardware: HardwareDecoder?, opaque: UnsafeMutableRawPointer?
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
            opened.pointee.thread_count = !splitsPictures || threadSafe.contains(name) ? Int32(clamping: threads) : 1
            opened.pointee.thread_type = splitsPictures ? FF_THREAD_SLICE : FF_THREAD_FRAME
            opened.pointee.opaque = opaque
            opened.pointee.max_pixels = Self.mostPixels
            try hardware?.attach(to: opened)
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
    public func decode(_ packet: VideoPacket) throws -> [VideoFrame] { try decode(packet) { $0 } }

    /// The pictures still inside, after the last packet.
    public func finish() throws -> [VideoFrame] { try finish { $0 } }

    /// Decodes `packet`; what `take` makes of each picture, before the next comes.
    public func decode<Taken>(_ packet: VideoPacket, _ take: (VideoFrame) throws -> Taken) throws -> [Taken] {
        let packet = begun(packet)
        var taken: [Taken] = []
        if turn.isReached(by: packet) {
            taken = try finish(take)
            try reopen()
        }
        try send(packet)
        return taken + (try receiveAll(take))
    }

    public func finish<Taken>(_ take: (VideoFrame) throws -> Taken) throws -> [Taken] {
        try drain()
        return try receiveAll(take)
    }

    /// Gives the decoder one packet. After each, `receive` until it gives nil. An undecodable packet is counted in `damage`.
    public func send(_ packet: VideoPacket) throws {
        // libavcodec would take an empty packet for the end.
        guard !packet.payload.isEmpty else { return }
        let packet = begun(packet)
        if firstEntry == nil, entryPoint.allows(packet) { firstEntry = packet.pts }
        try packet.fill(self.packet.pointer)
        defer { av_packet_unref(self.packet.pointer) }
        try note(avcodec_send_packet(context, self.packet.pointer), at: packet.pts ?? packet.dts)
    }

    /// Tells the decoder that no packet follows.
    public func drain() throws {
        try note(avcodec_send_packet(context, nil), at: nil)
    }

    /// The next picture, or nil where the decoder wants another packet, or has ended. It need not be like the one before.
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

    private func begun(_ packet: VideoPacket) -> VideoPacket {
        defer { hasBegun = true }
        return hasBegun ? packet : packet.atStart
    }

    /// Goes on with a decoder that has seen nothing.
    private func reopen() throws {
        let new = try stream.parameters.withLibAV { parameters in
            try Self.open(
                parameters, stream, threads: threads, splitsPictures: splitsPictures, hardware,
                opaque: context.pointee.opaque)
        }
        var old: UnsafeMutablePointer<AVCodecContext>? = context
        context = new
        avcodec_free_context(&old)
    }

    private func receiveAll<Taken>(_ take: (VideoFrame) throws -> Taken) throws -> [Taken] {
        var taken: [Taken] = []
        while let frame = try receive() { taken.append(try take(frame)) }
        return taken
    }

    deinit {
        LibAVLog.unregister(context.pointee.opaque)
        var context: UnsafeMutablePointer<AVCodecContext>? = context
        avcodec_free_context(&context)
    }
}
