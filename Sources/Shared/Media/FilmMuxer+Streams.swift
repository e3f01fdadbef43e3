internal import CLibAV
internal import FarmModel
internal import Foundation

extension FilmMuxer {
    func addPictures(_ pictures: VideoStream, like source: UnsafeMutablePointer<AVStream>) throws {
        let stream = try newStream(like: source)
        try pictures.parameters.withLibAV { parameters in
            parameters.pointee.codec_tag = 0
            try check(avcodec_parameters_copy(stream.pointee.codecpar, parameters), .output, "copying codec parameters")
        }
        stream.pointee.time_base = pictures.timeBase.av
        stream.pointee.avg_frame_rate = pictures.frameRate.av
        stream.pointee.sample_aspect_ratio = pictures.parameters.sampleAspectRatio.av
        dropStaleTags(stream)
    }

    /// Copies a stream's description, or says why the container cannot hold it.
    func addCopy(of source: UnsafeMutablePointer<AVStream>) throws {
        let parameters = source.pointee.codecpar.pointee
        let index = Int(source.pointee.index)
        guard canHold(parameters) else {
            let kind = text(av_get_media_type_string(parameters.codec_type)) ?? "unknown"
            let container = text(context.pointee.oformat.pointee.name) ?? "the container"
            warnings.append(
                "stream \(index) (\(kind), \(String(cString: avcodec_get_name(parameters.codec_id)))) is left out: \(container) cannot hold it"
            )
            return
        }
        let stream = try newStream(like: source)
        try check(
            avcodec_parameters_copy(stream.pointee.codecpar, source.pointee.codecpar), .output,
            "copying codec parameters")
        stream.pointee.codecpar.pointee.codec_tag = 0
        stream.pointee.time_base = source.pointee.time_base
        stream.pointee.avg_frame_rate = source.pointee.avg_frame_rate
        stream.pointee.sample_aspect_ratio = source.pointee.sample_aspect_ratio
        streams[index] = Int(stream.pointee.index)
        if staysUntouched(parameters) { untouched[index] = Int(stream.pointee.index) }
    }

    /// A new stream with the source's side data (rotation, mastering display, light level), tags and dispositions.
    private func newStream(like source: UnsafeMutablePointer<AVStream>) throws -> UnsafeMutablePointer<AVStream> {
        guard let stream = avformat_new_stream(context, nil) else {
            throw MediaError(.output, "out of memory for a stream of \(path)")
        }
        stream.pointee.id = source.pointee.id
        stream.pointee.disposition = source.pointee.disposition
        av_dict_copy(&stream.pointee.metadata, source.pointee.metadata, 0)
        for item in 0..<Int(source.pointee.nb_side_data) {
            let data = source.pointee.side_data[item]
            guard let memory = av_stream_new_side_data(stream, data.type, data.size) else {
                throw MediaError(.output, "out of memory for side data of \(path)")
            }
            UnsafeMutableRawPointer(memory).copyMemory(from: data.data, byteCount: data.size)
        }
        return stream
    }

    private func canHold(_ parameters: AVCodecParameters) -> Bool {
        let format = context.pointee.oformat
        let isMatroska = text(format?.pointee.name) == "matroska"
        switch parameters.codec_type {
        case AVMEDIA_TYPE_ATTACHMENT: return isMatroska
        case AVMEDIA_TYPE_AUDIO, AVMEDIA_TYPE_VIDEO, AVMEDIA_TYPE_SUBTITLE:
            return avformat_query_codec(format, parameters.codec_id, FF_COMPLIANCE_EXPERIMENTAL) == 1
        default: return false
        }
    }

    /// Muxers rewrite some payloads: ADTS frames lose their headers, Annex B its start codes, AV1 its delimiters, and MP4 fills
    /// the gaps between subtitles.
    private func staysUntouched(_ parameters: AVCodecParameters) -> Bool {
        let hasHeaders = parameters.extradata_size > 0
        switch parameters.codec_id {
        case AV_CODEC_ID_AAC: return hasHeaders
        case AV_CODEC_ID_H264, AV_CODEC_ID_HEVC: return hasHeaders && parameters.extradata[0] == 1
        case AV_CODEC_ID_AV1, AV_CODEC_ID_WEBVTT, AV_CODEC_ID_MOV_TEXT: return false
        default:
            return parameters.codec_type == AVMEDIA_TYPE_AUDIO || parameters.codec_type == AVMEDIA_TYPE_VIDEO
                || text(context.pointee.oformat.pointee.name) == "matroska"
        }
    }

    /// Statistics that mkvmerge and libav write of a stream's packets: they are not these packets'.
    private func dropStaleTags(_ stream: UnsafeMutablePointer<AVStream>) {
        let stale = ["BPS", "DURATION", "NUMBER_OF_FRAMES", "NUMBER_OF_BYTES", "ENCODER"]
        for key in tags(stream.pointee.metadata).keys {
            let plain = key.uppercased()
            guard plain.hasPrefix("_STATISTICS_") || stale.contains(where: { plain == $0 || plain.hasPrefix($0 + "-") })
            else { continue }
            av_dict_set(&stream.pointee.metadata, key, nil, 0)
        }
    }

    /// libav has no public call for it: the array and its members are its allocator's, freed with the context.
    func copyChapters(of source: UnsafeMutablePointer<AVFormatContext>) throws {
        let count = Int(source.pointee.nb_chapters)
        guard count > 0 else { return }
        let size = MemoryLayout<UnsafeMutablePointer<AVChapter>?>.stride
        guard let array = av_calloc(count, size) else { throw MediaError(.output, "out of memory for chapters") }
        let chapters = array.bindMemory(to: UnsafeMutablePointer<AVChapter>?.self, capacity: count)
        context.pointee.chapters = chapters
        for index in 0..<count {
            guard let original = source.pointee.chapters[index],
                let memory = av_mallocz(MemoryLayout<AVChapter>.size)
            else { throw MediaError(.output, "out of memory for chapters") }
            let chapter = memory.bindMemory(to: AVChapter.self, capacity: 1)
            chapter.pointee.id = original.pointee.id
            chapter.pointee.time_base = original.pointee.time_base
            chapter.pointee.start = original.pointee.start
            chapter.pointee.end = original.pointee.end
            av_dict_copy(&chapter.pointee.metadata, original.pointee.metadata, 0)
            chapters[index] = chapter
            context.pointee.nb_chapters = UInt32(index + 1)
        }
    }
}
