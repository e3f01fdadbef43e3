internal import CLibAV

extension FilmMuxer {
    /// What mkvmerge and libav note of a stream's packets: these are others.
    func dropStatistics(of stream: Stream) {
        let stale = ["BPS", "DURATION", "NUMBER_OF_FRAMES", "NUMBER_OF_BYTES", "ENCODER", "ENCODER_OPTIONS"]
        let keys = tags(stream.pointee.metadata).keys.filter { key in
            let plain = key.uppercased()
            return plain.hasPrefix("_STATISTICS_") || stale.contains { plain == $0 || plain.hasPrefix($0 + "-") }
        }
        drop(keys, from: &stream.pointee.metadata)
    }

    func drop(_ keys: [String], from dictionary: inout OpaquePointer?) {
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
