internal import CLibAV
internal import Foundation

extension Demuxer {
    /// What libav would say less clearly, or not at all.
    static func checkFile(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0, access(path, R_OK) == 0 else {
            throw MediaError(.source, "cannot open \(path): \(String(cString: strerror(errno)))")
        }
        if status.st_mode & S_IFMT == S_IFDIR { throw MediaError(.source, "\(path) is a folder, not a film") }
        if status.st_mode & S_IFMT != S_IFREG { throw MediaError(.source, "\(path) is not a regular file") }
        if status.st_size == 0 { throw MediaError(.source, "\(path) is empty (0 bytes)") }
    }

    static func open(_ path: String, _ interrupt: Interrupt) throws -> UnsafeMutablePointer<AVFormatContext> {
        var context = avformat_alloc_context()
        guard context != nil else { throw MediaError(.codec, "out of memory for a demuxer") }
        context?.pointee.interrupt_callback = interrupt.callback
        var options: OpaquePointer?
        defer { av_dict_free(&options) }
        av_dict_set(&options, "protocol_whitelist", "file", 0)
        // "file:" so that a name with a colon is not taken for a protocol.
        let answer = avformat_open_input(&context, "file:" + path, nil, &options)
        guard answer >= 0, let context else {
            if interrupt.isCancelled() { throw cancelled(path) }
            throw MediaError(.source, "\(path) is not a film that can be read", code: answer, logged: LibAVLog.take())
        }
        return context
    }

    /// Finds the streams; answers the index of the video to upscale.
    static func probe(_ context: UnsafeMutablePointer<AVFormatContext>, _ path: String) throws -> Int {
        let container = text(context.pointee.iformat?.pointee.name) ?? ""
        // libav shows any text as a film of a terminal; nobody means that.
        if ["tty", "bin", "xbin", "adf", "idf"].contains(container) {
            throw MediaError(.source, "\(path) is not a film: it looks like text")
        }
        let promised = sizes(context)
        let answer = findStreams(context)
        // What is not known of damaged streams that are there, their decoders may still find out.
        guard answer >= 0 || context.pointee.nb_streams > 0 else {
            throw MediaError(.source, "cannot find the streams of \(path)", code: answer, logged: LibAVLog.take())
        }
        let best = av_find_best_stream(context, AVMEDIA_TYPE_VIDEO, -1, -1, nil, 0)
        guard best >= 0, let stream = context.pointee.streams[Int(best)],
            stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0
        else {
            throw MediaError(.source, "\(path) has no video stream: \(contents(context))")
        }
        if let (width, height) = promised[best], Int64(width) * Int64(height) > VideoDecoder.mostPixels {
            throw MediaError(
                .source,
                "\(path): its pictures are said to be \(width)x\(height), and 16384x8704 is the most that is taken")
        }
        guard stream.pointee.codecpar.pointee.codec_id != AV_CODEC_ID_NONE else {
            throw MediaError(.source, "\(path): the codec of its video stream \(best) is unknown")
        }
        return Int(best)
    }

    /// Of the streams, as the container's header says them; libavformat forgets those that it does not believe.
    private static func sizes(_ context: UnsafeMutablePointer<AVFormatContext>) -> [Int32: (Int32, Int32)] {
        let streams = (0..<Int(context.pointee.nb_streams)).compactMap { context.pointee.streams[$0]?.pointee }
        return Dictionary(
            uniqueKeysWithValues: streams.map { ($0.index, ($0.codecpar.pointee.width, $0.codecpar.pointee.height)) })
    }

    /// Has libavformat decode as much as it needs to tell what the streams are, but no pictures that `VideoDecoder` refuses.
    private static func findStreams(_ context: UnsafeMutablePointer<AVFormatContext>) -> Int32 {
        let count = Int(context.pointee.nb_streams)
        var options = [OpaquePointer?](repeating: nil, count: count + 1)
        for index in 0..<count { av_dict_set_int(&options[index], "max_pixels", VideoDecoder.mostPixels, 0) }
        defer { for index in 0..<count { av_dict_free(&options[index]) } }
        LibAVLog.take()
        return avformat_find_stream_info(context, &options)
    }

    static func candidates(_ context: UnsafeMutablePointer<AVFormatContext>, best: Int) -> [StreamSelection.Candidate] {
        (0..<Int(context.pointee.nb_streams)).compactMap { index in
            guard let stream = context.pointee.streams[index]?.pointee else { return nil }
            return StreamSelection.Candidate(
                index: index, kind: .init(stream.codecpar.pointee.codec_type),
                isCover: stream.disposition & AV_DISPOSITION_ATTACHED_PIC != 0,
                language: tags(stream.metadata)["language"], isBest: index == best)
        }
    }

    /// "1 audio, 1 attached picture"
    private static func contents(_ context: UnsafeMutablePointer<AVFormatContext>) -> String {
        var counts: [(String, Int)] = []
        for index in 0..<Int(context.pointee.nb_streams) {
            guard let stream = context.pointee.streams[index] else { continue }
            let picture = stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC != 0
            let kind = text(av_get_media_type_string(stream.pointee.codecpar.pointee.codec_type)) ?? "unknown"
            let name = picture ? "attached picture" : kind
            if let at = counts.firstIndex(where: { $0.0 == name }) {
                counts[at].1 += 1
            } else {
                counts.append((name, 1))
            }
        }
        return counts.isEmpty
            ? "it has no streams" : "it has only " + counts.map { "\($1) \($0)" }.joined(separator: ", ")
    }

    func configure(_ selection: Selection) {
        for stream in streams {
            let index = Int(stream.pointee.index)
            let isUnwanted = selection == .video ? index != videoIndex : !selected.contains(index)
            if isUnwanted { skip(index) }
        }
        // MPEG-PS and MPEG-4 in AVI lack some pts, which libavformat can tell from the dts that follow. H.264 and HEVC
        // in AVI have none, and what it then makes up is wrong.
        let container = text(context.pointee.iformat?.pointee.name) ?? ""
        let codec = stream(videoIndex).pointee.codecpar.pointee.codec_id
        if container == "mpeg" || (container == "avi" && codec != AV_CODEC_ID_H264 && codec != AV_CODEC_ID_HEVC) {
            context.pointee.flags |= AVFMT_FLAG_GENPTS
        }
    }

    /// MPEG transport and program streams: recordings joined byte by byte, the cells of a DVD.
    var clockMayJump: Bool { ["mpegts", "mpeg"].contains(text(context.pointee.iformat?.pointee.name) ?? "") }

    /// Steps over a stream in the file, where nothing needs its packets: where the clock may jump, all streams tell how.
    func skip(_ index: Int) {
        if !clockMayJump { stream(index).pointee.discard = AVDISCARD_ALL }
    }

    static func close(_ context: UnsafeMutablePointer<AVFormatContext>) {
        var context: UnsafeMutablePointer<AVFormatContext>? = context
        avformat_close_input(&context)
    }

    static func cancelled(_ path: String) -> any Error { CancellationError() }
}

/// Lets libav ask, in the middle of a call, whether to go on.
final class Interrupt {
    let isCancelled: @Sendable () -> Bool

    init(_ isCancelled: @escaping @Sendable () -> Bool) { self.isCancelled = isCancelled }

    /// Valid as long as this object is.
    var callback: AVIOInterruptCB {
        AVIOInterruptCB(
            callback: { opaque in
                guard let opaque else { return 0 }
                return Unmanaged<Interrupt>.fromOpaque(opaque).takeUnretainedValue().isCancelled() ? 1 : 0
            }, opaque: Unmanaged.passUnretained(self).toOpaque())
    }
}
