internal import CLibAV
internal import Foundation

/// Text subtitles that the container holds in another form than the source.
enum TextConversion {
    case subRip
    case timedText

    var codec: AVCodecID { self == .subRip ? AV_CODEC_ID_SUBRIP : AV_CODEC_ID_MOV_TEXT }
}

extension FilmMuxer {
    /// How a stream that the container cannot hold becomes one that it can; nil where that would lose more than a form.
    func conversion(of source: Stream) -> TextConversion? {
        switch source.pointee.codecpar.pointee.codec_id {
        case AV_CODEC_ID_MOV_TEXT where container.holds(AV_CODEC_ID_SUBRIP): .subRip
        case AV_CODEC_ID_SUBRIP, AV_CODEC_ID_TEXT: container.holds(AV_CODEC_ID_MOV_TEXT) ? .timedText : nil
        default: nil
        }
    }

    func addConverted(_ source: Stream, _ conversion: TextConversion) throws {
        let stream = try newStream(like: source)
        guard let parameters = stream.pointee.codecpar else { return }
        parameters.pointee.codec_type = AVMEDIA_TYPE_SUBTITLE
        parameters.pointee.codec_id = conversion.codec
        if conversion == .timedText { try describe(parameters, SubtitleText.defaultDescription) }
        stream.pointee.time_base = source.pointee.time_base
        let (from, to) = (Int(source.pointee.index), Int(stream.pointee.index))
        targets[from] = to
        conversions[from] = conversion
        let language = tags(source.pointee.metadata)["language"].map { ", \($0)" } ?? ""
        let was = String(cString: avcodec_get_name(source.pointee.codecpar.pointee.codec_id))
        let now = String(cString: avcodec_get_name(conversion.codec))
        warnings.append(
            "stream \(from) (subtitle, \(was)\(language)) is converted to \(now), which \(container.name) holds")
    }

    /// As fine as any sound's, and a whole number for a millisecond; but coarse enough for a film without a word, whose length MP4 counts
    /// in 31 bits: over three hours it is coarser, over six than many a stream's.
    private var textClock: Int32 {
        let most = Double(Int32.max) / max(1, length)
        return min(192_000, max(1_000, Int32(min(most, 192_000) / 1_000) * 1_000))
    }

    /// Gives timed text a finer clock than the other streams'. libav's muxer ends a text that nothing replaces once another stream's time
    /// is past its end, and compares the numbers of two clocks: with a coarser one it ends a text long before its time is over,
    /// and one that overlaps it, or follows it at once, comes too late. With this one a text that overlaps another ends it.
    func refineText() {
        guard !container.isMatroska else { return }
        for index in 0..<Int(context.pointee.nb_streams) {
            guard let stream = context.pointee.streams[index],
                stream.pointee.codecpar.pointee.codec_id == AV_CODEC_ID_MOV_TEXT,
                stream.pointee.time_base.den < textClock
                    || Double(stream.pointee.time_base.den) * length > Double(Int32.max)
            else { continue }
            stream.pointee.time_base = AVRational(num: 1, den: textClock)
        }
    }

    private func describe(_ parameters: UnsafeMutablePointer<AVCodecParameters>, _ description: Data) throws {
        guard let memory = av_mallocz(description.count + Int(AV_INPUT_BUFFER_PADDING_SIZE)) else {
            throw MediaError(.output, "out of memory for a stream of \(path)")
        }
        parameters.pointee.extradata = memory.assumingMemoryBound(to: UInt8.self)
        description.copyBytes(to: parameters.pointee.extradata, count: description.count)
        parameters.pointee.extradata_size = Int32(description.count)
    }
}

extension TextConversion {
    /// nil for one that shows nothing: MP4 fills the gaps between subtitles with such.
    func convert(_ source: DemuxedPacket) -> VideoPacket? {
        let payload = source.withPayload { Data($0) }
        let text = self == .subRip ? SubtitleText(timedText: payload) : SubtitleText(subRip: payload)
        guard !text.isEmpty else { return nil }
        return VideoPacket(
            pts: source.pts ?? source.dts, dts: source.dts ?? source.pts, duration: source.duration,
            flags: source.flags,
            payload: self == .subRip ? text.subRip : text.timedText, sideData: [])
    }
}
