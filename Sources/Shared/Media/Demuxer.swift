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
    /// Index of the video stream to upscale: the best one that is not an attached picture, unless a selection says another.
    public let videoIndex: Int
    /// Indexes of the streams that were selected.
    let selected: Set<Int>
    /// What libav complained of without giving up, such as a file that ends too early. At most one line a cause.
    public private(set) var warnings: [String] = []

    let context: UnsafeMutablePointer<AVFormatContext>
    private let interrupt: Interrupt
    private var ended = false
    /// nil where the clock cannot jump.
    private var clocked: ClockedPackets?

    /// Opens the film at `path` and finds its streams. `isCancelled` is asked often, on this thread; after it says true,
    /// every call throws. Nothing but local files is ever opened, whatever a playlist names.
    ///
    /// - Throws: `MediaError` of kind `source`, one line with the path and libav's own words.
    public init(
        path: String, selection: Selection = .all, streams: StreamSelection? = nil,
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws {
        LibAVLog.install()
        LibAVLog.take()
        try Self.checkFile(path)
        self.path = path
        interrupt = Interrupt(isCancelled)
        context = try Self.open(path, interrupt)
        do {
            let best = try Self.probe(context, path)
            let choice = try streams?.choose(from: Self.candidates(context, best: best), of: path)
            videoIndex = choice?.video ?? best
            selected = choice?.streams ?? Set(0..<Int(context.pointee.nb_streams))
        } catch {
            Self.close(context)
            throw interrupt.isCancelled() ? Self.cancelled(path) : error
        }
        if clockMayJump { clocked = ClockedPackets() }
        if let lack = lackOfTimes { warnings.append(lack) }
        configure(selection)
    }

    /// The next packet, or nil at the end of the film. Damage on which the container's parser gives up ends the film
    /// with a warning, as in any player; an input/output error is thrown. Where the film's clock jumps, it goes on.
    public func next() throws -> DemuxedPacket? {
        while clocked != nil {
            if let packet = clocked?.next() { return packet }
            if ended { return nil }
            if let packet = try read() {
                clocked?.take(packet, of: stream(packet.stream).pointee.codecpar.pointee.codec_type)
            } else {
                clocked?.finish()
                if let jumps = clocked?.warning { warnings.append(jumps) }
            }
        }
        return try read()
    }

    /// The next packet as it stands in the file.
    private func read() throws -> DemuxedPacket? {
        if interrupt.isCancelled() { throw Self.cancelled(path) }
        if ended { return nil }
        let packet = try DemuxedPacket()
        let answer = read(into: packet)
        if interrupt.isCancelled() { throw Self.cancelled(path) }
        if answer >= 0 {
            packet.forgetImpossibleTimes(stream(packet.stream).pointee.time_base)
            return packet
        }
        ended = true
        try noteEnd(answer)
        return nil
    }

    /// "Again" is what the reader of transport streams says where it finds its way anew, behind damage: some times at most, lest a
    /// broken one keeps us for ever.
    private func read(into packet: DemuxedPacket) -> Int32 {
        for _ in 0..<10_000 {
            LibAVLog.take()
            let answer = av_read_frame(context, packet.pointer)
            if answer != av_shim_error_again || interrupt.isCancelled() { return answer }
        }
        return av_shim_error_invalid_data
    }

    /// The video to upscale, as decoders are given it.
    public var video: VideoStream {
        let stream = stream(videoIndex)
        var parameters = CodecParameters(stream.pointee.codecpar.pointee)
        // The container's word counts more than the codec's, which may have none for it.
        let aspect = Rational(av_guess_sample_aspect_ratio(context, stream, nil))
        if aspect.numerator > 0 { parameters.sampleAspectRatio = aspect }
        return VideoStream(
            parameters: parameters, timeBase: Rational(stream.pointee.time_base),
            frameRate: nominalRate(of: stream))
    }

    /// libav's guess, unless it is a container's tick: of a variable rate it guesses what all times are multiples of. 0/1 where
    /// nobody knows.
    private func nominalRate(of stream: UnsafeMutablePointer<AVStream>) -> Rational {
        let guesses = [av_guess_frame_rate(context, stream, nil), stream.pointee.avg_frame_rate]
        let rate = guesses.first {
            $0.num > 0 && $0.den > 0 && (Self.lowestRate...Self.highestRate).contains(av_q2d($0))
        }
        return rate.map { Rational($0) } ?? Rational(0, 1)
    }

    /// Frames per second that encoders take for a rate.
    private static let highestRate = 240.0
    /// Of films whose pictures stand for an hour each; headers that say less are damaged.
    private static let lowestRate = 1.0 / 3600

    /// Whether the container says of what shape samples are: what the codec says then does not count.
    var saysAspect: Bool { stream(videoIndex).pointee.sample_aspect_ratio.num > 0 }

    /// Goes to a keyframe near `seconds` after the film's start. For samples only: where it lands is the container's affair.
    /// - Returns: whether it moved.
    func seek(toward seconds: Double) -> Bool {
        let base = AVRational(num: 1, den: AV_TIME_BASE)
        let start = timestamp(context.pointee.start_time).map { Double($0) / Double(AV_TIME_BASE) } ?? 0
        let target = Int64(FilmTime.clamped(start + seconds) * Double(AV_TIME_BASE))
        let stream = stream(videoIndex)
        let answer = av_seek_frame(
            context, Int32(videoIndex), av_rescale_q(target, base, stream.pointee.time_base), AVSEEK_FLAG_BACKWARD)
        guard answer >= 0 else { return false }
        ended = false
        if clocked != nil { clocked = ClockedPackets() }
        return true
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

    /// In seconds, as the container says; nil where it does not.
    var length: Double? {
        context.pointee.duration > 0 ? Double(context.pointee.duration) / Double(AV_TIME_BASE) : nil
    }

    var selectedStreams: [UnsafeMutablePointer<AVStream>] {
        streams.filter { selected.contains(Int($0.pointee.index)) }
    }

    private func noteEnd(_ code: Int32) throws {
        let logged = LibAVLog.take()
        // At the end of a file that stops too early, readers log a line and answer "end" or "invalid data".
        let readerFailed = context.pointee.pb.map { $0.pointee.error } ?? 0
        if readerFailed < 0, readerFailed != av_shim_error_eof {
            throw MediaError(.source, "cannot read \(path)", code: readerFailed, logged: logged)
        }
        if code == av_shim_error_eof {
            if let logged { warnings.append(logged) }
        } else {
            // "Invalid data", "not implemented", or "out of memory" for a packet of many gigabytes.
            warnings.append("\(path) is damaged; the rest cannot be read: \(logged ?? libavText(code))")
        }
    }

    deinit { Self.close(context) }
}
