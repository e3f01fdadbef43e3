/// Tags that the source has and the film has not.
enum LostTags {
    static func find(in film: Demuxer, report: FilmWriter.Report, source: Demuxer) -> [String] {
        var warnings: [String] = []
        note(
            lost(tags(source.context.pointee.metadata), tags(film.context.pointee.metadata)), of: "the film",
            in: &warnings)
        for (from, to) in report.copied.sorted(by: { $0.key < $1.key }) where film.streams.indices.contains(to) {
            guard !source.stream(from).isBesideStreams else { continue }
            let gone = lost(tags(source.stream(from).pointee.metadata), tags(film.stream(to).pointee.metadata))
            note(gone, of: "stream \(from)", in: &warnings)
        }
        return warnings
    }

    /// What muxers write by themselves, or what says how the source was stored.
    private static let unimportant: Set = [
        "major_brand", "minor_version", "compatible_brands", "encoder", "duration", "handler_name", "vendor_id",
    ]

    private static func lost(_ was: [String: String], _ written: [String: String]) -> [String] {
        let kept = Set(written.keys.map { $0.lowercased() })
        return was.filter { key, value in
            let plain = key.lowercased()
            let isDefault = plain == "language" && value == "und"
            return !kept.contains(plain) && !unimportant.contains(plain) && !isDefault
        }.keys.sorted()
    }

    private static func note(_ keys: [String], of what: String, in warnings: inout [String]) {
        if !keys.isEmpty {
            warnings.append("the container did not take these tags of \(what): \(keys.joined(separator: ", "))")
        }
    }
}
