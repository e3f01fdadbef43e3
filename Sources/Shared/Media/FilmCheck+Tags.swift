internal import CLibAV

/// Tags that the source has and the film has not.
enum LostTags {
    static func find(in film: Demuxer, report: FilmWriter.Report, source: Demuxer) -> [String] {
        var warnings: [String] = []
        note(
            lost(source.context.pointee.metadata, film.context.pointee.metadata), of: "the film", in: &warnings)
        for (from, to) in report.copied.sorted(by: { $0.key < $1.key }) where film.streams.indices.contains(to) {
            guard !source.stream(from).isBesideStreams else { continue }
            let gone = lost(source.stream(from).pointee.metadata, film.stream(to).pointee.metadata)
            note(gone, of: "stream \(from)", in: &warnings)
        }
        return warnings
    }

    private static func lost(_ was: OpaquePointer?, _ written: OpaquePointer?) -> [String] {
        let kept = FilmTags.of(written)
        return tags(was).filter { key, value in
            let plain = key.lowercased()
            let isDefault = plain == "language" && value == "und"
            return kept[plain] == nil && !FilmTags.isOfTheFile(plain) && !isDefault
        }.keys.sorted()
    }

    private static func note(_ keys: [String], of what: String, in warnings: inout [String]) {
        if !keys.isEmpty {
            warnings.append("the container did not take these tags of \(what): \(keys.joined(separator: ", "))")
        }
    }
}
