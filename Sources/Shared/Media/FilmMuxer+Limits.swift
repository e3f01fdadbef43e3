internal import CLibAV

extension FilmMuxer {
    func canHold(_ source: Stream) -> Bool {
        let parameters = source.pointee.codecpar.pointee
        let isCover = source.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC != 0
        switch parameters.codec_type {
        case AVMEDIA_TYPE_ATTACHMENT: return container.holdsAttachments
        case AVMEDIA_TYPE_VIDEO where isCover:
            return container.muxer == "mp4"
                && [AV_CODEC_ID_MJPEG, AV_CODEC_ID_PNG, AV_CODEC_ID_BMP].contains(parameters.codec_id)
        case AVMEDIA_TYPE_AUDIO, AVMEDIA_TYPE_VIDEO, AVMEDIA_TYPE_SUBTITLE:
            return container.holds(parameters.codec_id) && beginsAlone(source)
        case AVMEDIA_TYPE_DATA:
            // Cameras' telemetry; libavformat does not count it among what QuickTime holds, and writes it.
            return !container.isMatroska && parameters.codec_id == AV_CODEC_ID_BIN_DATA && beginsAlone(source)
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

    func leaveOut(_ source: Stream) {
        let parameters = source.pointee.codecpar.pointee
        let kind = text(av_get_media_type_string(parameters.codec_type)) ?? "unknown kind"
        let language = tags(source.pointee.metadata)["language"].map { ", \($0)" } ?? ""
        let codec = String(cString: avcodec_get_name(parameters.codec_id))
        warnings.append(
            "stream \(source.pointee.index) (\(kind), \(codec)\(language)) is left out: \(container.name) cannot hold it"
                + (container.holdsAttachments ? "" : "; name the film .mkv"))
    }

    /// The source's tag where the container knows it for this codec, else the muxer's choice: what ffmpeg does.
    func tag(for parameters: AVCodecParameters) -> UInt32 {
        guard let known = context.pointee.oformat.pointee.codec_tag else { return parameters.codec_tag }
        var other: UInt32 = 0
        let fits = av_codec_get_id(known, parameters.codec_tag) == parameters.codec_id
        return fits || av_codec_get_tag2(known, parameters.codec_id, &other) == 0 ? parameters.codec_tag : 0
    }

    /// Muxers rewrite some payloads: ADTS frames lose their headers, Annex B its start codes, AV1 its delimiters, WavPack
    /// and ProRes parts of theirs, WebVTT is taken apart, and MP4 fills the gaps between subtitles.
    func leavesPayloads(of parameters: AVCodecParameters) -> Bool {
        let hasHeaders = parameters.extradata_size > 0
        switch parameters.codec_id {
        case AV_CODEC_ID_AAC: return hasHeaders
        case AV_CODEC_ID_H264, AV_CODEC_ID_HEVC: return hasHeaders && parameters.extradata[0] == 1
        case AV_CODEC_ID_AV1, AV_CODEC_ID_WEBVTT, AV_CODEC_ID_WAVPACK, AV_CODEC_ID_PRORES: return false
        // QuickTime and MP4 give uncompressed sound back in portions of their own.
        case _ where SampleRuns(parameters) != nil && !container.isMatroska: return false
        default: return parameters.codec_type != AVMEDIA_TYPE_SUBTITLE || container.isMatroska
        }
    }
}
