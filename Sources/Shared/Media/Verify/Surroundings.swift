internal import CLibAV
internal import FarmModel
internal import Foundation

/// What lies around the streams' packets: each comparison of a source with a film.
enum Surroundings {
    // MARK: Files beside the streams

    static func attachments(_ source: Demuxer, _ made: FilmContents, _: [Int: Int], _ verdict: inout FilmVerdict) {
        var there = made.demuxer.streams.filter(\.isBesideStreams).map(\.attachedBytes)
        let container = FilmVerifier.container(of: made)
        for stream in source.selectedStreams where stream.isBesideStreams {
            if let place = there.firstIndex(of: stream.attachedBytes) {
                there.remove(at: place)
                continue
            }
            let name = tags(stream.pointee.metadata)["filename"] ?? "attachment \(stream.pointee.index)"
            // Matroska has covers as files beside the streams.
            if container.map({ $0.container.holdsAttachments || $0.canHold(stream) }) ?? true {
                verdict.differences.append("\(name) of the source is not in the film as it was")
            } else {
                verdict.losses.append("\(name): the film's container cannot hold it")
            }
        }
        if !there.isEmpty {
            verdict.differences.append("the film has \(there.count) attachments that the source has not")
        }
    }

    // MARK: Tags

    static func labels(_ source: Demuxer, _ made: FilmContents, _ matched: [Int: Int], _ verdict: inout FilmVerdict) {
        let holdsTags = FilmVerifier.container(of: made)?.container.isMatroska == true
        compare(
            FilmTags.of(source.context.pointee.metadata), FilmTags.of(made.demuxer.context.pointee.metadata),
            of: "the film", holdsTags,
            &verdict)
        let pictures = [source.videoIndex: made.demuxer.videoIndex]
        for (from, to) in matched.merging(pictures, uniquingKeysWith: { $1 }).sorted(by: { $0.key < $1.key }) {
            compare(
                FilmTags.of(source.stream(from).pointee.metadata),
                FilmTags.of(made.demuxer.stream(to).pointee.metadata),
                of: "stream \(from)", holdsTags, &verdict)
        }
    }

    /// - Parameter holdsTags: the film's container has a place for nearly every tag: only what has none is lost with good reason.
    private static func compare(
        _ was: [String: String], _ now: [String: String], of what: String, _ holdsTags: Bool,
        _ verdict: inout FilmVerdict
    ) {
        for (key, value) in was.sorted(by: { $0.key < $1.key }) {
            guard let other = now[key] else {
                if key == "language" && value == "und" { continue }
                let line = "the tag \(key) of \(what) is not in the film"
                if holdsTags, !value.isEmpty, FilmTags.isHeldByMatroska(key) {
                    verdict.changes.append(line)
                } else {
                    verdict.losses.append(line)
                }
                continue
            }
            if !FilmTags.says(other, what: value, of: key) {
                verdict.changes.append("the tag \(key) of \(what) is '\(other)' in the film, and was '\(value)'")
            }
        }
    }

    // MARK: Dispositions

    static func dispositions(
        _ source: Demuxer, _ made: FilmContents, _ matched: [Int: Int], _ verdict: inout FilmVerdict
    ) {
        let held = FilmVerifier.container(of: made)?.container.muxer == "matroska" ? heldByMatroska : 0
        for (from, to) in matched.sorted(by: { $0.key < $1.key }) {
            let was = source.stream(from).pointee.disposition
            let now = made.demuxer.stream(to).pointee.disposition
            func line(_ flags: Int32) -> [String] {
                let names = (0..<31).filter { (was ^ now) & flags & (1 << $0) != 0 }.compactMap { bit in
                    text(av_disposition_to_string(1 << bit)).map {
                        (was & (1 << bit) != 0 ? "no longer " : "now ") + $0
                    }
                }
                return names.isEmpty ? [] : ["stream \(from) is \(names.joined(separator: ", ")) in the film"]
            }
            verdict.changes += line(held)
            verdict.losses += line(~held)
        }
    }

    /// Of sound and subtitles alike.
    private static let heldByMatroska =
        AV_DISPOSITION_DEFAULT | AV_DISPOSITION_FORCED | AV_DISPOSITION_COMMENT | AV_DISPOSITION_HEARING_IMPAIRED
        | AV_DISPOSITION_VISUAL_IMPAIRED | AV_DISPOSITION_ORIGINAL | AV_DISPOSITION_DUB

    // MARK: What the pictures mean

    static func picture(_ original: FilmContents, _ made: FilmContents, _ verdict: inout FilmVerdict) {
        let source = original.demuxer
        look(original.looks, PictureLook(made.demuxer), &verdict)
        // Turned by whoever shows it, or for good.
        if let turn = made.demuxer.orientation, turn != source.orientation {
            verdict.changes.append("the picture is shown turned (\(turn.rawValue)), which the source's is not")
        }
        brightness(source, made.demuxer, &verdict)
        for (type, name) in carried {
            let (old, new) = (sideData(source, type), sideData(made.demuxer, type))
            if old != nil, new == nil {
                verdict.losses.append("the \(name) is not in the film")
            }
            if let old, let new, old != new { verdict.changes.append("the \(name) is not the source's") }
        }
    }

    /// By value: containers have other fractions for the same.
    private static func brightness(_ source: Demuxer, _ film: Demuxer, _ verdict: inout FilmVerdict) {
        guard let was = StaticHDR(source.stream(source.videoIndex)) else { return }
        let now = StaticHDR(film.stream(film.videoIndex))
        if let display = was.display, display != now?.display {
            verdict.changes.append("the mastering display is not the source's")
        }
        if let light = was.light, light != now?.light {
            verdict.changes.append("the content light level is not the source's")
        }
    }

    private static let carried: [(AVPacketSideDataType, String)] = [
        (AV_PKT_DATA_STEREO3D, "stereoscopic layout"),
        (AV_PKT_DATA_SPHERICAL, "spherical mapping"),
    ]

    private static func sideData(_ film: Demuxer, _ type: AVPacketSideDataType) -> Data? {
        let stream = film.stream(film.videoIndex)
        for index in 0..<av_shim_stream_side_data_count(stream) {
            guard let item = av_shim_stream_side_data(stream, index), item.pointee.type == type else { continue }
            return Data(bytes: item.pointee.data, count: item.pointee.size)
        }
        return nil
    }

    /// - Parameter was: of the source, which may change on its way: the film is to look like one of these.
    private static func look(_ was: [PictureLook], _ now: PictureLook, _ verdict: inout FilmVerdict) {
        guard let first = was.first else { return }
        if !was.contains(where: { $0.primaries == 2 || $0.primaries == now.primaries }) {
            verdict.changes.append("the colour primaries are \(now.primaries), and were \(first.primaries) (H.273)")
        }
        if !was.contains(where: { $0.transfer == 2 || $0.transfer == now.transfer }) {
            verdict.changes.append(
                "the transfer characteristics are \(now.transfer), and were \(first.transfer) (H.273)")
        }
        if now.aspect > 0, !was.contains(where: now.isShaped) {
            verdict.changes.append(
                "the picture is shown \(rounded(now.aspect)) wide as high, and was \(rounded(first.aspect))")
        }
    }

    // MARK: Chapters

    static func chapters(_ source: FilmContents, _ made: FilmContents, offset: Double, _ verdict: inout FilmVerdict) {
        let (was, now) = (
            Chapter.all(of: source.demuxer).compactMap { $0.inside(source.interval) }, Chapter.all(of: made.demuxer)
        )
        guard was.count == now.count else {
            verdict.changes.append("the film has \(now.count) chapters, and the source \(was.count)")
            return
        }
        var found: [String] = []
        for (number, (old, new)) in zip(was, now).enumerated() {
            let name = "chapter \(number + 1)"
            if old.title != new.title { found.append("\(name) is '\(new.title)' in the film, and was '\(old.title)'") }
            // MP4 counts its chapters in milliseconds.
            if abs(new.start - max(0, old.start + offset)) > 0.0021 {
                found.append(
                    "\(name) begins at \(rounded(new.start)) s in the film, and at \(rounded(old.start)) s in the source"
                )
            }
        }
        verdict.changes += found
    }

    private struct Chapter {
        var start: Double
        var end: Double
        var title: String

        func inside(_ interval: Range<Double>) -> Chapter? {
            let start = max(start, interval.lowerBound)
            guard start < interval.upperBound, end > interval.lowerBound || self.start >= interval.lowerBound else {
                return nil
            }
            return Chapter(start: start, end: end, title: title)
        }

        static func all(of film: Demuxer) -> [Chapter] {
            (0..<Int(film.context.pointee.nb_chapters)).compactMap { film.context.pointee.chapters[$0] }.map {
                Chapter(
                    start: $0.pointee.startSeconds, end: $0.pointee.endSeconds,
                    title: FilmTags.of($0.pointee.metadata)["title"] ?? "")
            }
        }
    }
}
