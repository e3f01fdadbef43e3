internal import CLibAV
internal import FarmModel
internal import Foundation

extension FilmMuxer {
    typealias Stream = UnsafeMutablePointer<AVStream>

    /// All streams of the source that the container can hold, in their order, with the encoded pictures in place of the
    /// stream that they were made from; and the film's tags.
    func addStreams(of source: Demuxer, videoIndex: Int, pictures: VideoStream) throws {
        // Readers show attachments and covers behind the streams, whatever the order in which they were written.
        let (beside, streams) = (
            source.streams.filter(\.isBesideStreams), source.streams.filter { !$0.isBesideStreams }
        )
        for stream in streams {
            let index = Int(stream.pointee.index)
            expect(index, in: stream.pointee.time_base)
            if index == videoIndex {
                try addPictures(pictures, like: stream)
            } else if !isChapterTitles(stream, of: source) {
                try addCopy(of: stream)
            }
        }
        for stream in beside {
            expect(Int(stream.pointee.index), in: stream.pointee.time_base)
            let isCover = stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC != 0
            if isCover, container.holdsAttachments { try addCover(stream) } else { try addCopy(of: stream) }
        }
        av_dict_copy(&context.pointee.metadata, source.context.pointee.metadata, 0)
        // What kind of file the source was; the muxer says anew what kind this one is.
        drop(["major_brand", "minor_version", "compatible_brands", "encoder"], from: &context.pointee.metadata)
    }

    /// The pictures' nominal rate: Matroska would take it for every frame's duration, so only where it is.
    func setRate(of source: Stream, isConstant: Bool) {
        guard isConstant, let stream = context.pointee.streams[videoIndex] else { return }
        stream.pointee.avg_frame_rate = source.pointee.avg_frame_rate
        stream.pointee.r_frame_rate = source.pointee.r_frame_rate
    }

    private func addPictures(_ pictures: VideoStream, like source: Stream) throws {
        let stream = try newStream(like: source)
        videoIndex = Int(stream.pointee.index)
        try pictures.parameters.withLibAV { parameters in
            _ = try check(
                avcodec_parameters_copy(stream.pointee.codecpar, parameters), .output, "copying codec parameters")
        }
        let parameters = stream.pointee.codecpar
        // `hvc1` says that all parameter sets are in the header, as they are; some players take no other.
        parameters?.pointee.codec_tag =
            pictures.parameters.codec == "hevc" && !container.isMatroska ? 0x3163_7668 : 0
        parameters?.pointee.color_range = pictures.parameters.color.isFullRange ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG
        parameters?.pointee.field_order = AV_FIELD_PROGRESSIVE
        stream.pointee.time_base = pictures.timeBase.av
        stream.pointee.sample_aspect_ratio = pictures.parameters.sampleAspectRatio.av
        dropStatistics(of: stream)
    }

    /// Copies a stream's description, or says that the container cannot hold it.
    private func addCopy(of source: Stream) throws {
        guard canHold(source) else {
            leaveOut(source)
            return
        }
        let stream = try newStream(like: source)
        let parameters = stream.pointee.codecpar
        try check(avcodec_parameters_copy(parameters, source.pointee.codecpar), .output, "copying codec parameters")
        parameters?.pointee.codec_tag = tag(for: source.pointee.codecpar.pointee)
        stream.pointee.time_base = source.pointee.time_base
        stream.pointee.avg_frame_rate = source.pointee.avg_frame_rate
        stream.pointee.sample_aspect_ratio = source.pointee.sample_aspect_ratio
        let (from, to) = (Int(source.pointee.index), Int(stream.pointee.index))
        if source.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_ATTACHMENT {
            name(stream, "attachment-\(from)", type: "application/octet-stream")
        } else {
            targets[from] = to
        }
        if leavesPayloads(of: source.pointee.codecpar.pointee) { untouched[from] = to }
    }

    /// A cover picture becomes a file beside the streams, which is what players of Matroska look for.
    private func addCover(_ source: Stream) throws {
        let picture = source.pointee.attached_pic
        guard let bytes = picture.data, picture.size > 0,
            let memory = av_mallocz(Int(picture.size) + Int(AV_INPUT_BUFFER_PADDING_SIZE))
        else {
            leaveOut(source)
            return
        }
        let stream = try newStream(like: source)
        stream.pointee.disposition = 0
        memory.copyMemory(from: bytes, byteCount: Int(picture.size))
        let codec = source.pointee.codecpar.pointee.codec_id
        stream.pointee.codecpar.pointee.codec_type = AVMEDIA_TYPE_ATTACHMENT
        stream.pointee.codecpar.pointee.codec_id = codec
        stream.pointee.codecpar.pointee.extradata = memory.assumingMemoryBound(to: UInt8.self)
        stream.pointee.codecpar.pointee.extradata_size = picture.size
        let isPNG = codec == AV_CODEC_ID_PNG
        name(stream, isPNG ? "cover.png" : "cover.jpg", type: isPNG ? "image/png" : "image/jpeg")
        untouched[Int(source.pointee.index)] = Int(stream.pointee.index)
    }

    /// Matroska refuses attachments without a name and a type.
    private func name(_ stream: Stream, _ name: String, type: String) {
        let known = tags(stream.pointee.metadata)
        if known["filename"] == nil { av_dict_set(&stream.pointee.metadata, "filename", name, 0) }
        if known["mimetype"] == nil { av_dict_set(&stream.pointee.metadata, "mimetype", type, 0) }
    }

    /// A new stream with the source's dispositions, tags and side data (rotation, mastering display, light level).
    private func newStream(like source: Stream) throws -> Stream {
        guard let stream = avformat_new_stream(context, nil) else {
            throw MediaError(.output, "out of memory for a stream of \(path)")
        }
        stream.pointee.id = source.pointee.id
        stream.pointee.disposition = source.pointee.disposition
        av_dict_copy(&stream.pointee.metadata, source.pointee.metadata, 0)
        for index in 0..<av_shim_stream_side_data_count(source) {
            guard let item = av_shim_stream_side_data(source, index) else { continue }
            // Of the source's own bits: its buffers, and the layers that only its pictures carry.
            if item.pointee.type == AV_PKT_DATA_CPB_PROPERTIES { continue }
            if item.pointee.type == AV_PKT_DATA_DOVI_CONF {
                warnings.append(
                    "stream \(source.pointee.index): Dolby Vision is left out; the pictures keep their base layer")
                continue
            }
            try check(av_shim_add_stream_side_data(stream, item), .output, "copying a stream's side data")
        }
        return stream
    }
}

extension FilmMuxer {
    private func canHold(_ source: Stream) -> Bool {
        let parameters = source.pointee.codecpar.pointee
        let isCover = source.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC != 0
        switch parameters.codec_type {
        case AVMEDIA_TYPE_ATTACHMENT: return container.holdsAttachments
        case AVMEDIA_TYPE_VIDEO where isCover:
            return container.muxer == "mp4"
                && [AV_CODEC_ID_MJPEG, AV_CODEC_ID_PNG, AV_CODEC_ID_BMP].contains(parameters.codec_id)
        case AVMEDIA_TYPE_AUDIO, AVMEDIA_TYPE_VIDEO, AVMEDIA_TYPE_SUBTITLE:
            return container.holds(parameters.codec_id) && beginsAlone(source)
        default: return false
        }
    }

    /// Whether the muxer begins a file of this stream alone: it knows limits that its list of codecs does not tell.
    private func beginsAlone(_ source: Stream) -> Bool {
        var trial: UnsafeMutablePointer<AVFormatContext>?
        guard avformat_alloc_output_context2(&trial, nil, container.muxer, nil) >= 0, let trial else { return false }
        defer { avformat_free_context(trial) }
        trial.pointee.strict_std_compliance = context.pointee.strict_std_compliance
        guard let stream = avformat_new_stream(trial, nil), avio_open_dyn_buf(&trial.pointee.pb) >= 0 else {
            return false
        }
        defer {
            var bytes: UnsafeMutablePointer<UInt8>?
            avio_close_dyn_buf(trial.pointee.pb, &bytes)
            av_free(bytes)
        }
        stream.pointee.time_base = source.pointee.time_base
        stream.pointee.sample_aspect_ratio = source.pointee.sample_aspect_ratio
        guard avcodec_parameters_copy(stream.pointee.codecpar, source.pointee.codecpar) >= 0 else { return false }
        stream.pointee.codecpar.pointee.codec_tag = tag(for: source.pointee.codecpar.pointee)
        return avformat_write_header(trial, nil) >= 0
    }

    private func leaveOut(_ source: Stream) {
        let parameters = source.pointee.codecpar.pointee
        let kind = text(av_get_media_type_string(parameters.codec_type)) ?? "unknown kind"
        let language = tags(source.pointee.metadata)["language"].map { ", \($0)" } ?? ""
        let codec = String(cString: avcodec_get_name(parameters.codec_id))
        warnings.append(
            "stream \(source.pointee.index) (\(kind), \(codec)\(language)) is left out: \(container.name) cannot hold it"
                + (container.holdsAttachments ? "" : "; name the film .mkv"))
    }

    /// The track of chapter titles that MP4 makes of its chapters: they are copied as chapters.
    private func isChapterTitles(_ stream: Stream, of source: Demuxer) -> Bool {
        stream.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_DATA && stream.pointee.discard == AVDISCARD_ALL
            && source.context.pointee.nb_chapters > 0
    }

    /// The source's tag where the container knows it for this codec, else the muxer's choice: what ffmpeg does.
    private func tag(for parameters: AVCodecParameters) -> UInt32 {
        guard let known = context.pointee.oformat.pointee.codec_tag else { return parameters.codec_tag }
        var other: UInt32 = 0
        let fits = av_codec_get_id(known, parameters.codec_tag) == parameters.codec_id
        return fits || av_codec_get_tag2(known, parameters.codec_id, &other) == 0 ? parameters.codec_tag : 0
    }

    /// Muxers rewrite some payloads: ADTS frames lose their headers, Annex B its start codes, AV1 its delimiters, WavPack
    /// and ProRes parts of theirs, WebVTT is taken apart, and MP4 fills the gaps between subtitles.
    private func leavesPayloads(of parameters: AVCodecParameters) -> Bool {
        let hasHeaders = parameters.extradata_size > 0
        switch parameters.codec_id {
        case AV_CODEC_ID_AAC: return hasHeaders
        case AV_CODEC_ID_H264, AV_CODEC_ID_HEVC: return hasHeaders && parameters.extradata[0] == 1
        case AV_CODEC_ID_AV1, AV_CODEC_ID_WEBVTT, AV_CODEC_ID_WAVPACK, AV_CODEC_ID_PRORES: return false
        default: return parameters.codec_type != AVMEDIA_TYPE_SUBTITLE || container.isMatroska
        }
    }

    /// What mkvmerge and libav note of a stream's packets: these are others.
    private func dropStatistics(of stream: Stream) {
        let stale = ["BPS", "DURATION", "NUMBER_OF_FRAMES", "NUMBER_OF_BYTES", "ENCODER", "ENCODER_OPTIONS"]
        let keys = tags(stream.pointee.metadata).keys.filter { key in
            let plain = key.uppercased()
            return plain.hasPrefix("_STATISTICS_") || stale.contains { plain == $0 || plain.hasPrefix($0 + "-") }
        }
        drop(keys, from: &stream.pointee.metadata)
    }

    private func drop(_ keys: [String], from dictionary: inout OpaquePointer?) {
        for key in keys { av_dict_set(&dictionary, key, nil, 0) }
    }

    /// Chapters move with the streams.
    func copyChapters(of source: Demuxer) throws {
        let context = source.context
        for index in 0..<Int(context.pointee.nb_chapters) {
            guard let original = context.pointee.chapters[index] else { continue }
            guard let chapter = av_shim_new_chapter(self.context) else {
                throw MediaError(.output, "out of memory for the chapters of \(path)")
            }
            let base = AVRational(num: 1, den: 1_000_000_000)
            chapter.pointee.id = original.pointee.id
            chapter.pointee.time_base = base
            chapter.pointee.start = max(
                0, shift.apply(original.pointee.start, from: original.pointee.time_base, to: base))
            chapter.pointee.end = shift.apply(original.pointee.end, from: original.pointee.time_base, to: base)
            av_dict_copy(&chapter.pointee.metadata, original.pointee.metadata, 0)
        }
    }
}
