internal import CLibAV
internal import FarmModel
internal import Foundation

extension FilmDescription {
    /// Opens the film at `path`, decodes its first picture and describes it. Blocks: a few reads of the disk.
    ///
    /// - Parameters:
    ///   - samples: decodes some hundred pictures, spread over the film, to see what they are made of and carry.
    ///   - part: in seconds after the film's start: where samples are taken.
    /// - Throws: `MediaError` of kind `source` where the file is no film with pictures.
    public static func read(
        _ path: String, streams: StreamSelection? = nil, samples: Bool = true, part: FilmCut = .none,
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws -> FilmDescription {
        let demuxer = try Demuxer(path: path, streams: streams, isCancelled: isCancelled)
        var description = demuxer.describe()
        description.picture = try demuxer.firstPicture(from: part.from).format
        if samples { description.note(try FilmSampler(description, streams, part, isCancelled: isCancelled)) }
        return description
    }

    /// When the film begins, by its own clock, in seconds; 0 where it does not tell.
    public static func start(of path: String) throws -> Double {
        let demuxer = try Demuxer(path: path)
        return timestamp(demuxer.context.pointee.start_time).map { Double($0) / Double(AV_TIME_BASE) } ?? 0
    }

    private mutating func note(_ sample: FilmSampler) {
        fields = sample.fields
        // What the container says counts first, as with colour.
        hdr = StaticHDR(container: hdr, codec: sample.hdr)
        (hasCaptions, hasDynamicHDR, dolbyVision) = (sample.hasCaptions, sample.hasDynamicHDR, sample.dolbyVision)
    }
}

extension StaticHDR {
    fileprivate init?(container: StaticHDR?, codec: StaticHDR?) {
        self.init(display: container?.display ?? codec?.display, light: container?.light ?? codec?.light)
        if isEmpty { return nil }
    }
}

extension Demuxer {
    /// What the headers say; `picture` is what they promise.
    fileprivate func describe() -> FilmDescription {
        let film = context.pointee
        let video = video
        let hint = video.parameters.pixelFormat.flatMap { PixelLayout(holding: av_get_pix_fmt($0)) }
        return FilmDescription(
            path: path, container: text(film.iformat?.pointee.name) ?? "unknown", tags: tags(film.metadata),
            duration: seconds(film.duration, AVRational(num: 1, den: AV_TIME_BASE)),
            start: seconds(film.start_time, AVRational(num: 1, den: AV_TIME_BASE)), size: max(0, avio_size(film.pb)),
            streams: streams.map(describe), chapters: Int(film.nb_chapters), videoIndex: videoIndex, video: video,
            picture: PictureFormat(
                width: video.parameters.width, height: video.parameters.height,
                layout: hint ?? PixelLayout(family: .yuv, bitDepth: 8, chromaShiftX: 1, chromaShiftY: 1),
                color: video.parameters.color),
            saysAspect: saysAspect, orientation: stream(videoIndex).orientation, hdr: StaticHDR(stream(videoIndex)))
    }

    private func describe(_ stream: UnsafeMutablePointer<AVStream>) -> FilmDescription.Stream {
        let parameters = stream.pointee.codecpar.pointee
        let tags = tags(stream.pointee.metadata)
        var result = FilmDescription.Stream(
            index: Int(stream.pointee.index), kind: .init(parameters.codec_type),
            codec: String(cString: avcodec_get_name(parameters.codec_id)), language: tags["language"],
            title: tags["title"], tags: tags, dispositions: dispositions(stream.pointee.disposition),
            timeBase: Rational(stream.pointee.time_base),
            start: seconds(stream.pointee.start_time, stream.pointee.time_base),
            duration: seconds(stream.pointee.duration, stream.pointee.time_base),
            bitRate: parameters.bit_rate > 0 ? parameters.bit_rate : nil)
        if parameters.codec_type == AVMEDIA_TYPE_VIDEO {
            result.width = Int(parameters.width)
            result.height = Int(parameters.height)
            result.sampleAspectRatio = Rational(av_guess_sample_aspect_ratio(context, stream, nil))
            result.frameRate = Rational(av_guess_frame_rate(context, stream, nil))
            result.pixelFormat = text(av_get_pix_fmt_name(AVPixelFormat(parameters.format)))
        } else if parameters.codec_type == AVMEDIA_TYPE_AUDIO {
            result.sampleRate = Int(parameters.sample_rate)
            result.channels = Int(parameters.ch_layout.nb_channels)
        }
        return result
    }

    /// Decodes up to the first picture, or the first that is shown so many seconds after the film's start. The demuxer has then
    /// read on: it is of no further use.
    fileprivate func firstPicture(from: Double?) throws -> VideoFrame {
        let decoder = try openedDecoder()
        let tick = video.timeBase.value
        let start = from.map { $0 - 0.0005 + Double(timestamp(context.pointee.start_time) ?? 0) / Double(AV_TIME_BASE) }
        var last: VideoFrame?
        func found(in frames: [VideoFrame]) -> VideoFrame? {
            last = frames.last ?? last
            return frames.first { frame in start.map { Double(frame.timestamp ?? .max) * tick >= $0 } ?? true }
        }
        if let from, from > 0 { _ = seek(toward: from) }
        var packets = 0
        while last == nil || packets < mostSought, let packet = try next() {
            guard packet.stream == videoIndex else { continue }
            packets += 1
            if let frame = found(in: try decoder.decode(VideoPacket(packet))) { return frame }
        }
        if let frame = found(in: try decoder.finish()) ?? last { return frame }
        let reason = decoder.damage.message ?? warnings.last ?? "its video stream holds none"
        throw MediaError(.source, "no picture of \(path) can be decoded: \(reason)")
    }

    /// Packets that are read behind seeks in search of a part. Where the clock may start anew, a seek may land anywhere, and its time
    /// never come; what is found by then is of the same kind in any film but those that change, which indexing tells.
    var mostSought: Int { clockMayJump ? 8000 : .max }

    /// Headers that no decoder takes are the film's fault.
    private func openedDecoder() throws -> VideoDecoder {
        do { return try VideoDecoder(stream: video, threads: 1) } catch let error as MediaError {
            throw MediaError(.source, "no picture of \(path) can be decoded: \(error.message)")
        }
    }

    private func seconds(_ value: Int64, _ timeBase: AVRational) -> Double? {
        timestamp(value).map { Double($0) * av_q2d(timeBase) }
    }

    private func dispositions(_ bits: Int32) -> [String] {
        (0..<31).compactMap { bits & (1 << $0) == 0 ? nil : text(av_disposition_to_string(1 << $0)) }
    }
}

extension FilmDescription.Stream.Kind {
    init(_ type: AVMediaType) {
        switch type {
        case AVMEDIA_TYPE_VIDEO: self = .video
        case AVMEDIA_TYPE_AUDIO: self = .audio
        case AVMEDIA_TYPE_SUBTITLE: self = .subtitle
        case AVMEDIA_TYPE_ATTACHMENT: self = .attachment
        case AVMEDIA_TYPE_DATA: self = .data
        default: self = .unknown
        }
    }
}
