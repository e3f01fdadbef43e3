import Foundation
import TestSupport

/// Holds a film against its source by the words of tools that nobody here wrote, and by `coordinator verify`.
struct FormatJudge {
    let source: String
    let film: String
    let format: SourceFormat
    /// What the job said: what is named there may differ.
    let warnings: [String]

    func faults() async throws -> [String] {
        let was = try await FilmFacts.read(source)
        let now = try await FilmFacts.read(film)
        var faults = try await pictures(was, now) + streams(was, now) + besides(was, now)
        faults += try await byMergeTool(now) + byMediaInfo(was, now)
        let complaints = try await Judge.complaints(film)
        if !complaints.isEmpty { faults.append("ffmpeg complains: \(complaints)") }
        // Not through the gate, at which whoever asks for this has passed.
        let verified = await (try CoordinatorProcess(["verify", film, "--source", source, "--decode"])).wait()
        if verified.status != 0 { faults.append("verify: \(verified.output)\(verified.error)") }
        return faults
    }

    /// Whether the job said it.
    private func isSaid(_ words: String...) -> Bool {
        words.contains { word in warnings.contains { $0.contains(word) } }
    }

    // MARK: Pictures

    private func pictures(_ was: FilmFacts, _ now: FilmFacts) async throws -> [String] {
        guard let old = was.video, let new = now.video else { return ["no video"] }
        var faults: [String] = []
        func expect(_ holds: Bool, _ what: @autoclosure () -> String) { if !holds { faults.append(what()) } }
        let frames = try await referenceFrames(film).count
        expect(frames == SourceFormat.frames, "\(frames) frames")
        let isTurned = old.rotation.map { abs($0) == 90 } == true && new.rotation == nil
        let size = isTurned ? (old.height, old.width) : (old.width, old.height)
        expect(new.width == size.0.map { 2 * $0 } && new.height == size.1.map { 2 * $0 }, "size \(new)")
        expect(isTurned || new.rotation == old.rotation, "rotation \(old.rotation ?? 0) became \(new.rotation ?? 0)")
        expect(Self.aspect(new) == Self.aspect(old), "aspect \(Self.aspect(old)) became \(Self.aspect(new))")
        expect(["progressive", nil, "unknown"].contains(new.fieldOrder), "field order \(new.fieldOrder ?? "")")
        for (name, field) in [
            ("transfer", \FilmFacts.Stream.colorTransfer), ("primaries", \.colorPrimaries), ("matrix", \.colorSpace),
        ] as [(String, KeyPath<FilmFacts.Stream, String?>)] {
            guard let said = old[keyPath: field], said != "unknown", said != "reserved", said != "gbr" else { continue }
            expect(new[keyPath: field] == said, "\(name) \(said) became \(new[keyPath: field] ?? "none")")
        }
        if format.feature == .hdr10 {
            expect(new.hasMasteringDisplay, "no mastering display")
            expect(new.lightLevels == old.lightLevels, "light levels \(new.lightLevels ?? [])")
        }
        return faults + (try await times(was, now))
    }

    private static func aspect(_ stream: FilmFacts.Stream) -> String {
        let aspect = stream.sampleAspectRatio ?? "1:1"
        return ["0:1", "N/A"].contains(aspect) ? "1:1" : aspect
    }

    /// Equal but for one offset, within a tick of either container.
    private func times(_ was: FilmFacts, _ now: FilmFacts) async throws -> [String] {
        // Packets do not tell all sources' times; the frames that ffmpeg decodes do.
        let old = was.times.count == SourceFormat.frames ? was.times : try await decodedTimes(source)
        guard old.count == now.times.count else { return ["\(now.times.count) times of \(old.count)"] }
        let offset = (now.times.first ?? 0) - (old.first ?? 0)
        let worst = zip(old, now.times).map { abs($1 - $0 - offset) }.max() ?? 0
        return worst <= 0.00111 ? [] : ["a picture is \(worst) s off"]
    }

    private func decodedTimes(_ film: String) async throws -> [Double] {
        let base = try await Judge.stream(film, "v:0", "time_base").split { !$0.isNumber }.compactMap { Double($0) }
        guard base.count == 2 else { return [] }
        return try await referenceFrames(film).compactMap { $0.timestamp.map { Double($0) * base[0] / base[1] } }
    }

    // MARK: The other streams

    private func streams(_ was: FilmFacts, _ now: FilmFacts) async throws -> [String] {
        var faults: [String] = []
        for kind in ["audio", "subtitle"] {
            var left = now.streams(kind)
            for old in was.streams(kind) {
                if isSaid("stream \(old.index) (\(kind)"), !left.contains(where: { $0.codecName == old.codecName }) {
                    if !left.isEmpty, isSaid("converted") { left.removeFirst() }
                    continue
                }
                guard
                    let place = left.firstIndex(where: {
                        Self.family($0) == Self.family(old) && [nil, $0.language].contains(old.language)
                    })
                else {
                    faults.append("no \(kind) \(old.codecName ?? "?") of language \(old.language ?? "none"): \(left)")
                    continue
                }
                let new = left.remove(at: place)
                guard kind == "audio" else { continue }
                let same = try await Judge.payload(film, "\(new.index)") == Judge.payload(source, "\(old.index)")
                if !same { faults.append("other bytes in stream \(old.index)") }
            }
            if !left.isEmpty { faults.append("\(left.count) \(kind) more than the source has") }
        }
        return faults
    }

    /// MP4 has one name for all layers of MPEG's sound.
    private static func family(_ stream: FilmFacts.Stream) -> String? {
        stream.codecName.map { ["mp2", "mp3"].contains($0) ? "mpeg audio" : $0 }
    }

    private func besides(_ was: FilmFacts, _ now: FilmFacts) async throws -> [String] {
        var faults: [String] = []
        if let title = was.title, now.title != title, !isSaid("title") {
            faults.append("title \(title) became \(now.title ?? "none")")
        }
        func chapters(_ facts: FilmFacts) -> [String] { facts.chapters.map { $0.tags?["title"] ?? "" } }
        if chapters(was) != chapters(now) { faults.append("chapters \(chapters(now)) of \(chapters(was))") }
        if was.besides.count != now.besides.count, !isSaid("(attachment, ", "(video, ") {
            faults.append("\(now.besides.count) attachments of \(was.besides.count)")
        }
        return faults
    }

    // MARK: Other people's tools

    private func byMergeTool(_ now: FilmFacts) async throws -> [String] {
        let seen = try await MergeFacts.read(film)
        var faults = seen.warnings + seen.errors
        if !seen.container.recognized || !seen.container.supported { faults.append("mkvmerge does not know it") }
        // It knows no timed text.
        let text = film.hasSuffix("mkv") || film.hasSuffix("webm") ? [("subtitles", "subtitle")] : []
        for (type, kind) in [("video", "video"), ("audio", "audio")] + text {
            let (saw, there) = (seen.tracks.count { $0.type == type }, now.streams(kind).count)
            if saw != there { faults.append("mkvmerge sees \(saw) tracks of \(type) of \(there)") }
        }
        let chapters = seen.chapters.first?.numEntries ?? 0
        if chapters != now.chapters.count { faults.append("mkvmerge sees \(chapters) chapters") }
        if seen.attachments.count != now.besides.count {
            faults.append("mkvmerge sees \(seen.attachments.count) attachments of \(now.besides.count)")
        }
        return faults
    }

    private func byMediaInfo(_ was: FilmFacts, _ now: FilmFacts) async throws -> [String] {
        let (saw, seen) = try await (MediaInfoFacts.read(source), MediaInfoFacts.read(film))
        var faults: [String] = []
        func expect(_ name: String, _ holds: (String?) -> Bool) {
            let value = seen.field(name)
            if !holds(value) { faults.append("mediainfo sees \(name) \(value ?? "none")") }
        }
        // Where it does not count frames, it takes the film's length for them, which gaps and a late start make longer.
        let isCounted = seen.field("Source_Duration") == nil
        expect("FrameCount") { !isCounted || [nil, "\(SourceFormat.frames)", saw.field("FrameCount")].contains($0) }
        expect("Width") { $0 == (now.video?.width).map(String.init) }
        expect("Height") { $0 == (now.video?.height).map(String.init) }
        expect("ScanType") { $0 != "Interlaced" && $0 != "MBAFF" }
        if format.feature == .hdr10 {
            expect("MaxCLL") { $0?.hasPrefix("900") == true }
            expect("MasteringDisplay_Luminance") { $0?.contains("1000") == true }
            expect("transfer_characteristics") { $0 == "PQ" }
        }
        if format.feature == .hlg { expect("transfer_characteristics") { $0 == "HLG" } }
        if let rotation = now.video?.rotation {
            expect("Rotation") { $0.flatMap(Double.init).map { Int($0) % 180 } == abs(rotation) % 180 }
        }
        for (kind, name) in [("audio", "Audio"), ("subtitle", "Text")] {
            let (count, there) = (seen.tracks(name).count, now.streams(kind).count)
            if count != there { faults.append("mediainfo sees \(count) tracks of \(kind) of \(there)") }
        }
        return faults
    }
}
