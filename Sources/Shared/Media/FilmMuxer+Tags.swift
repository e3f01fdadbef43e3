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

    /// Chapters move with the streams; of a part of a film, those that lie in it.
    func copyChapters(of source: Demuxer, _ cut: FilmCut) throws {
        let context = source.context
        for index in 0..<Int(context.pointee.nb_chapters) {
            guard let original = context.pointee.chapters[index],
                let inside = cut.clipped(original.pointee.startSeconds, original.pointee.endSeconds)
            else { continue }
            guard let chapter = av_shim_new_chapter(self.context) else {
                throw MediaError(.output, "out of memory for the chapters of \(path)")
            }
            let base = AVRational(num: 1, den: 1_000_000_000)
            chapter.pointee.id = original.pointee.id
            chapter.pointee.time_base = base
            chapter.pointee.start = max(0, shift.apply(Int64((inside.start * 1e9).rounded()), from: base, to: base))
            chapter.pointee.end = shift.apply(Int64((inside.end * 1e9).rounded()), from: base, to: base)
            av_dict_copy(&chapter.pointee.metadata, original.pointee.metadata, 0)
        }
    }
}

extension AVChapter {
    var startSeconds: Double { FilmTime.clamped(Double(start) * av_q2d(time_base)) }
    var endSeconds: Double { max(startSeconds, FilmTime.clamped(Double(end) * av_q2d(time_base))) }
}
