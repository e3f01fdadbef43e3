internal import CLibAV
internal import FarmModel
internal import Foundation

extension FilmMuxer {
    typealias Stream = UnsafeMutablePointer<AVStream>

    /// All streams of the source that the container can hold, in their order, with the encoded pictures in place of the
    /// stream that they were made from; and the film's tags.
    func addStreams(of source: Demuxer, _ plan: FilmPlan, pictures: VideoStream) throws {
        // Readers show attachments and covers behind the streams, whatever the order in which they were written.
        let (beside, streams) = (
            source.selectedStreams.filter(\.isBesideStreams), source.selectedStreams.filter { !$0.isBesideStreams }
        )
        for stream in streams + beside {
            let index = Int(stream.pointee.index)
            expect(index, in: stream.pointee.time_base)
            if index == plan.videoIndex {
                try addPictures(pictures, plan, like: stream)
            } else {
                try add(stream, of: source)
            }
        }
        av_dict_copy(&context.pointee.metadata, source.context.pointee.metadata, 0)
        // What kind of file the source was; the muxer says anew what kind this one is.
        drop(["major_brand", "minor_version", "compatible_brands", "encoder"], from: &context.pointee.metadata)
    }

    /// Adds a stream that is no upscaled one, in the form that the container holds; or says that it holds none.
    func add(_ stream: Stream, of source: Demuxer) throws {
        let isCover = stream.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC != 0
        if isCover, container.holdsAttachments {
            try addCover(stream)
        } else if !source.isMadeOfTags(Int(stream.pointee.index)) {
            try addCopy(of: stream)
        }
    }

    /// The pictures' nominal rate: Matroska would take it for every frame's duration, so only where it is.
    func setRate(of source: Stream, isConstant: Bool) {
        guard isConstant, let stream = context.pointee.streams[videoIndex] else { return }
        stream.pointee.avg_frame_rate = source.pointee.avg_frame_rate
        stream.pointee.r_frame_rate = source.pointee.r_frame_rate
    }

    private func addPictures(_ pictures: VideoStream, _ plan: FilmPlan, like source: Stream) throws {
        let stream = try newStream(like: source)
        if plan.orientation != nil {
            av_shim_remove_stream_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX)
            drop(["rotate"], from: &stream.pointee.metadata)
        } else {
            stream.fitDisplayMatrix(to: plan.encoding.picture)
        }
        if let hdr = plan.encoding.hdr, StaticHDR(stream) == nil { try hdr.describe(stream) }
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
            if let conversion = conversion(of: source) { return try addConverted(source, conversion) }
            return leaveOut(source)
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
    func newStream(like source: Stream) throws -> Stream {
        guard let stream = avformat_new_stream(context, nil) else {
            throw MediaError(.output, "out of memory for a stream of \(path)")
        }
        stream.pointee.id = source.pointee.id
        stream.pointee.disposition = source.pointee.disposition
        av_dict_copy(&stream.pointee.metadata, source.pointee.metadata, 0)
        if container.muxer == "mov", let language = tags(source.pointee.metadata)["language"] {
            av_dict_set(&stream.pointee.metadata, "language", LanguageCode.quickTime(language), 0)
        }
        for index in 0..<av_shim_stream_side_data_count(source) {
            guard let item = av_shim_stream_side_data(source, index) else { continue }
            // Of the source's own bits: its buffers, and the layers that only its pictures carry.
            if [AV_PKT_DATA_CPB_PROPERTIES, AV_PKT_DATA_DOVI_CONF].contains(item.pointee.type) { continue }
            try check(av_shim_add_stream_side_data(stream, item), .output, "copying a stream's side data")
        }
        return stream
    }
}
