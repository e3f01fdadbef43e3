internal import CLibAV
public import FarmModel
internal import Foundation

/// Reads a film's packets from start to end, in the order of the file. Calls block on the disk: give it a thread of its own.
public final class Demuxer {
    /// Which streams `next` yields.
    public enum Selection: Sendable {
        case all
        /// Only the video to upscale; the rest is skipped in the file where the container allows.
        case video
    }

    public let path: String
    /// Index of the video stream to upscale: the best one that is not an attached picture.
    public let videoIndex: Int
    /// What libav complained of without giving up, such as a file that ends too early. At most one line a cause.
    public private(set) var warnings: [String] = []

    let context: UnsafeMutablePointer<AVFormatContext>
    private let interrupt: Interrupt
    private var ended = false

    /// Opens the film at `path` and finds its streams. `isCancelled` is asked often, on this thread; after it says true,
    /// every call throws. Nothing but local files is ever opened, whatever a playlist names.
    ///
    /// - Throws: `MediaError` of kind `source`, one line with the path and libav's own words.
    public init(
        path: String, selection: Selection = .all, isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws {
        LibAVLog.install()
        LibAVLog.take()
        try Self.checkFile(path)
        self.path = path
        interrupt = Interrupt(isCancelled)
        context = try Self.open(path, interrupt)
        do {
            videoIndex = try Self.probe(context, path)
        } catch {
            Self.close(context)
            throw interrupt.isCancelled() ? Self.cancelled(path) : error
        }
        configure(selection)
    }

    /// The next packet, or nil at the end of the film. Damage on which the container's parser gives up ends the film
    /// with a warning, as in any player; an input/output error is thrown.
    public func next() throws -> DemuxedPacket? {
        if interrupt.isCancelled() { throw Self.cancelled(path) }
        if ended { return nil }
        let packet = try DemuxedPacket()
        LibAVLog.take()
        let answer = av_read_frame(context, packet.pointer)
        if interrupt.isCancelled() { throw Self.cancelled(path) }
        if answer >= 0 { return packet }
        ended = true
        try noteEnd(answer)
        return nil
    }

    /// The video to upscale, as decoders are given it.
    public var video: VideoStream {
        let stream = stream(videoIndex)
        return VideoStream(
            parameters: CodecParameters(stream.pointee.codecpar.pointee), timeBase: Rational(stream.pointee.time_base),
            frameRate: Rational(av_guess_frame_rate(context, stream, nil)))
    }

    /// The share of the file that is read, 0 to 1.
    public var position: Double {
        guard let reader = context.pointee.pb else { return 0 }
        let size = avio_size(reader)
        return size > 0 ? min(1, Double(avio_seek(reader, 0, SEEK_CUR)) / Double(size)) : 0
    }

    func stream(_ index: Int) -> UnsafeMutablePointer<AVStream> {
        guard index < Int(context.pointee.nb_streams), let stream = context.pointee.streams[index] else {
            preconditionFailure("stream \(index) of \(context.pointee.nb_streams)")
        }
        return stream
    }

    var streams: [UnsafeMutablePointer<AVStream>] { (0..<Int(context.pointee.nb_streams)).map(stream) }

    private func noteEnd(_ code: Int32) throws {
        let logged = LibAVLog.take()
        // At the end of a file that stops too early, readers log a line and answer "end" or "invalid data".
        let readerFailed = context.pointee.pb.map { $0.pointee.error } ?? 0
        if readerFailed < 0, readerFailed != av_shim_error_eof {
            throw MediaError(.source, "cannot read \(path)", code: readerFailed, logged: logged)
        }
        if code == av_shim_error_eof {
            if let logged { warnings.append(logged) }
        } else if code == av_shim_error_invalid_data {
            warnings.append("\(path) is damaged; the rest cannot be read: \(logged ?? libavText(code))")
        } else {
            throw MediaError(.source, "cannot read \(path)", code: code, logged: logged)
        }
    }

    deinit { Self.close(context) }
}

extension Demuxer {
    /// What libav would say less clearly, or not at all.
    private static func checkFile(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0, access(path, R_OK) == 0 else {
            throw MediaError(.source, "cannot open \(path): \(String(cString: strerror(errno)))")
        }
        if status.st_mode & S_IFMT == S_IFDIR { throw MediaError(.source, "\(path) is a folder, not a film") }
        if status.st_mode & S_IFMT != S_IFREG { throw MediaError(.source, "\(path) is not a regular file") }
        if status.st_size == 0 { throw MediaError(.source, "\(path) is empty (0 bytes)") }
    }

    private static func open(_ path: String, _ interrupt: Interrupt) throws -> UnsafeMutablePointer<AVFormatContext> {
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
    private static func probe(_ context: UnsafeMutablePointer<AVFormatContext>, _ path: String) throws -> Int {
        let container = text(context.pointee.iformat?.pointee.name) ?? ""
        // libav shows any text as a film of a terminal; nobody means that.
        if ["tty", "bin", "xbin", "adf", "idf"].contains(container) {
            throw MediaError(.source, "\(path) is not a film: it looks like text")
        }
        LibAVLog.take()
        let answer = avformat_find_stream_info(context, nil)
        guard answer >= 0 else {
            throw MediaError(.source, "cannot find the streams of \(path)", code: answer, logged: LibAVLog.take())
        }
        let best = av_find_best_stream(context, AVMEDIA_TYPE_VIDEO, -1, -1, nil, 0)
        guard best >= 0, let stream = context.pointee.streams[Int(best)],
            stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC == 0
        else {
            throw MediaError(.source, "\(path) has no video stream: \(contents(context))")
        }
        guard stream.pointee.codecpar.pointee.codec_id != AV_CODEC_ID_NONE else {
            throw MediaError(.source, "\(path): the codec of its video stream \(best) is unknown")
        }
        return Int(best)
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

    private func configure(_ selection: Selection) {
        if selection == .video {
            for stream in streams where Int(stream.pointee.index) != videoIndex {
                stream.pointee.discard = AVDISCARD_ALL
            }
        }
        // MPEG-PS and MPEG-4 in AVI lack some pts, which libavformat can tell from the dts that follow. H.264 and HEVC
        // in AVI have none, and what it then makes up is wrong.
        let container = text(context.pointee.iformat?.pointee.name) ?? ""
        let codec = stream(videoIndex).pointee.codecpar.pointee.codec_id
        if container == "mpeg" || (container == "avi" && codec != AV_CODEC_ID_H264 && codec != AV_CODEC_ID_HEVC) {
            context.pointee.flags |= AVFMT_FLAG_GENPTS
        }
    }

    private static func close(_ context: UnsafeMutablePointer<AVFormatContext>) {
        var context: UnsafeMutablePointer<AVFormatContext>? = context
        avformat_close_input(&context)
    }

    private static func cancelled(_ path: String) -> any Error { CancellationError() }
}

/// Lets libav ask, in the middle of a call, whether to go on.
private final class Interrupt {
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
