internal import CLibAV
internal import FarmModel
internal import Foundation

/// A film being written: one owner of libav's output context, used by one thread.
final class FilmMuxer {
    let context: UnsafeMutablePointer<AVFormatContext>
    let path: String
    /// What could not be carried as it was.
    var warnings: [String] = []
    /// Source stream to output stream.
    var streams: [Int: Int] = [:]
    /// Of those, the ones whose payloads stay as they are.
    var untouched: [Int: Int] = [:]
    private(set) var videoIndex = 0
    /// Time base of each source stream.
    private var timeBases: [Int: AVRational] = [:]
    /// Last decoding time of each output stream, in its own time base.
    private var lastDTS: [Int32: Int64] = [:]
    private let packet: UnsafeMutablePointer<AVPacket>

    init(_ container: Container, to path: String) throws {
        LibAVLog.install()
        self.path = path
        var context: UnsafeMutablePointer<AVFormatContext>?
        try check(
            avformat_alloc_output_context2(&context, nil, container.muxer, path), .output,
            "cannot write \(container.muxer)")
        guard let context, let packet = av_packet_alloc() else {
            throw MediaError(.output, "out of memory for \(path)")
        }
        self.context = context
        self.packet = packet
        // Without random ids and version strings, the same film comes out as the same bytes.
        context.pointee.flags |= AVFMT_FLAG_BITEXACT
        context.pointee.strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL
    }

    deinit {
        var packet: UnsafeMutablePointer<AVPacket>? = packet
        av_packet_free(&packet)
        avio_closep(&context.pointee.pb)
        avformat_free_context(context)
    }

    /// All streams of the source that the container can hold, in their order, with the encoded pictures in place of the
    /// upscaled stream's.
    func addStreams(of source: Demuxer, videoIndex: Int, pictures: VideoStream) throws {
        for index in 0..<Int(source.context.pointee.nb_streams) {
            let stream = source.stream(index)
            timeBases[index] = stream.pointee.time_base
            if index == videoIndex {
                self.videoIndex = Int(context.pointee.nb_streams)
                try addPictures(pictures, like: stream)
            } else {
                try addCopy(of: stream)
            }
        }
        av_dict_copy(&context.pointee.metadata, source.context.pointee.metadata, 0)
        try copyChapters(of: source.context)
    }

    func begin() throws {
        LibAVLog.take()
        try check(avio_open2(&context.pointee.pb, path, AVIO_FLAG_WRITE, nil, nil), .output, "cannot write \(path)")
        var options: OpaquePointer?
        defer { av_dict_free(&options) }
        av_dict_set(&options, "default_mode", "passthrough", 0)  // Matroska: dispositions as the source's
        let answer = avformat_write_header(context, &options)
        guard answer >= 0 else {
            throw MediaError(.output, "cannot begin \(path)", code: answer, logged: LibAVLog.take())
        }
    }

    /// Writes one of the encoded pictures.
    func write(_ picture: VideoPacket, timeBase: Rational) throws {
        av_packet_unref(packet)
        try picture.fill(packet)
        packet.pointee.stream_index = Int32(videoIndex)
        try write(from: timeBase.av)
    }

    /// Writes a packet of the source, unless its stream is not copied.
    func copy(_ source: DemuxedPacket) throws {
        guard let target = streams[source.stream], let base = timeBases[source.stream] else { return }
        av_packet_unref(packet)
        av_packet_move_ref(packet, source.pointer)
        packet.pointee.stream_index = Int32(target)
        packet.pointee.pos = -1
        if packet.pointee.dts == av_shim_nopts { packet.pointee.dts = packet.pointee.pts }
        try write(from: base)
    }

    private func write(from base: AVRational) throws {
        let index = packet.pointee.stream_index
        guard let stream = context.pointee.streams[Int(index)] else { return }
        av_packet_rescale_ts(packet, base, stream.pointee.time_base)
        mendOrder(index)
        LibAVLog.take()
        let answer = av_interleaved_write_frame(context, packet)
        guard answer >= 0 else {
            throw MediaError(.output, "cannot write \(path)", code: answer, logged: LibAVLog.take())
        }
    }

    /// A container refuses decoding times that do not ascend. Of copied streams, a source that has them anyway is mended by the
    /// least step; pictures have been given theirs, and coarser clocks of a container may still make two the same.
    private func mendOrder(_ index: Int32) {
        let dts = packet.pointee.dts
        guard dts != av_shim_nopts else { return }
        if let last = lastDTS[index], dts <= last {
            packet.pointee.dts = last + 1
            if packet.pointee.pts != av_shim_nopts { packet.pointee.pts = max(packet.pointee.pts, last + 1) }
        }
        lastDTS[index] = packet.pointee.dts
    }

    /// Ends the file and makes it durable.
    func finish() throws {
        LibAVLog.take()
        let answer = av_write_trailer(context)
        let written = context.pointee.pb.pointee.error
        let closed = avio_closep(&context.pointee.pb)
        for code in [answer, written, closed] where code < 0 {
            throw MediaError(.output, "cannot finish \(path)", code: code, logged: LibAVLog.take())
        }
        let descriptor = open(path, O_RDONLY)
        defer { if descriptor >= 0 { close(descriptor) } }
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            throw MediaError(.output, "cannot make \(path) durable: \(String(cString: strerror(errno)))")
        }
    }
}
