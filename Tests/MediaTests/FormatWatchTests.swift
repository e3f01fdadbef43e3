import FarmModel
import Foundation
import TestSupport
import Testing

@testable import Media

/// What a film's packets tell of its pictures, and where they become others.
@Suite struct FormatWatchTests {
    private static let seen = ChangingFilm.allCases.filter { ![.sets, .setsMP4, .pngSize].contains($0) }

    @Test(arguments: seen) func aChangeIsSeenInThePackets(kind: ChangingFilm) async throws {
        let film = try await kind.make()
        let folder = try TemporaryFolder()
        let index = try FilmIndexer.index(film, store: folder.path("store"))
        #expect(index.table.count == 2 * ChangingFilm.frames)
        try #require(index.formats.count == 2)
        #expect(index.table.frame(at: index.formats[1].timestamp) == ChangingFilm.frames)
        let (first, second) = (index.formats[0], index.formats[1])
        #expect(first.picture != second.picture || first.sampleAspectRatio != second.sampleAspectRatio)
        #expect(try FilmSurvey(film).formats == index.formats)
    }

    /// Other parameter sets for the same pictures; and one film of every kind that does not change.
    @Test func whatDoesNotChangeIsNoChange() async throws {
        for kind in [ChangingFilm.sets, .setsMP4] {
            let folder = try TemporaryFolder()
            let index = try FilmIndexer.index(try await kind.make(), store: folder.path("store"))
            #expect(index.formats.count == 1, "\(kind)")
        }
        for kind in FilmKind.allCases {
            let folder = try TemporaryFolder()
            let film = try await Fixtures.shared.film(kind)
            let formats = try FilmIndexer.index(film, store: folder.path("store")).formats
            #expect(formats.count == 1, "\(kind)")
        }
    }

    /// A decoder that starts behind the change has seen the film's first headers only.
    @Test(arguments: ChangingFilm.allCases) func piecesAreTheWhole(kind: ChangingFilm) async throws {
        let film = try await kind.make()
        let whole = try await decodePieces(of: film, SpanTests.Cut(frames: 1000, overlap: 0))
        #expect(whole.frames.count == 2 * ChangingFilm.frames)
        let pieces = try await decodePieces(of: film, SpanTests.Cut(frames: 7, overlap: 1))
        #expect(pieces.frames == whole.frames)
        #expect(pieces.missing.isEmpty)
    }

    /// Only the first keyframe of each part has its parameter sets: later ones get them from the frame table's builder.
    @Test func headersAreCarriedToLaterKeyframes() async throws {
        let folder = try TemporaryFolder()
        let film = folder.path("film.h264")
        var bytes = Data()
        for (size, name) in [("96x64", "a"), ("128x96", "b")] {
            let part = folder.path("\(name).mkv")
            try await ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=size=\(size):rate=25,format=yuv420p", "-frames:v", "48", "-c:v",
                "libx264",
                "-x264-params", "keyint=16:bframes=0:threads=1", part,
            ])
            let raw = folder.path("\(name).h264")
            try await ffmpeg(["-i", part, "-c", "copy", "-bsf:v", "h264_mp4toannexb", raw])
            bytes += Self.withoutRepeats(try Data(contentsOf: URL(fileURLWithPath: raw)))
        }
        try bytes.write(to: URL(fileURLWithPath: film))
        let timed = folder.path("film.mkv")
        try await ffmpeg(["-fflags", "+genpts", "-r", "25", "-i", film, "-c", "copy", timed])
        let whole = try await decodePieces(of: timed, SpanTests.Cut(frames: 1000, overlap: 0))
        let pieces = try await decodePieces(of: timed, SpanTests.Cut(frames: 5, overlap: 0))
        #expect(whole.frames.count == 96)
        #expect(pieces.frames == whole.frames)
    }

    /// Sets of numbers of their own, that come with a picture in the middle of a GOP and not again.
    @Test func setsOutsideKeyframesAreCarried() async throws {
        let folder = try TemporaryFolder()
        let first = try await Self.units(folder, "libx264", "h264", ["keyint=16:bframes=0:threads=1:slices=1"])
        let second = try await Self.units(
            folder, "libx264", "h264", ["keyint=16:bframes=0:threads=1:slices=1:sps-id=1:cabac=0:8x8dct=0"])
        let isSet = { (unit: Data) in [7, 8].contains((unit.first ?? 0) & 0x1F) }
        let sets = second.filter(isSet).prefix(2)
        let last = try #require(first.lastIndex { ($0.first ?? 0) & 0x1F == 1 })
        try await Self.expectPiecesOf(first[..<last] + sets + first[last...] + second.filter { !isSet($0) }, "h264")
    }

    /// A picture parameter set alone, at the second part's first keyframe and not again.
    @Test(arguments: [
        ("libx264", "h264", 8, ["keyint=16:bframes=0:threads=1:ref=3", "cabac=0:weightp=0:8x8dct=1"]),
        ("libx265", "hevc", 34, ["keyint=16:bframes=0:log-level=error:temporal-layers=1", "signhide=0"]),
    ])
    func pictureSetsAloneAreCarried(encoder: String, kind: String, set: UInt8, settings: [String]) async throws {
        let folder = try TemporaryFolder()
        let first = try await Self.units(folder, encoder, kind, [settings[0]])
        let second = try await Self.units(folder, encoder, kind, settings)
        let type = { (unit: Data) in kind == "h264" ? (unit.first ?? 0) & 0x1F : (unit.first ?? 0) >> 1 & 0x3F }
        let sets: Set<UInt8> = kind == "h264" ? [7, 8] : [32, 33, 34]
        // Only what the sets of the pictures say must differ.
        let others = { (units: [Data]) in Set(units.filter { sets.contains(type($0)) && type($0) != set }) }
        #expect(others(first) == others(second))
        let picture = try #require(second.first { type($0) == set })
        #expect(!first.contains(picture))
        try await Self.expectPiecesOf(first + [picture] + second.filter { !sets.contains(type($0)) }, kind)
    }

    /// First one part's pictures, then another's, then the first's again, with headers where each part begins only.
    @Test(arguments: ["mpeg2video", "mpeg4"]) func theFirstHeadersMayComeBack(encoder: String) async throws {
        let folder = try TemporaryFolder()
        let kind = encoder == "mpeg4" ? "m4v" : "m2v"
        var film = Data()
        for (size, name) in [("96x64", "a"), ("128x96", "b"), ("96x64", "c")] {
            let part = folder.path("\(name).\(kind)")
            try await ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=size=\(size):rate=25,format=yuv420p", "-frames:v", "24", "-c:v", encoder,
                "-g", "8", "-bf", "0", "-q:v", "3", "-f", encoder == "mpeg4" ? "m4v" : "mpeg2video", part,
            ])
            film += Self.withoutRepeatedSequences(
                try Data(contentsOf: URL(fileURLWithPath: part)), picture: encoder == "mpeg4" ? 0xB6 : 0)
        }
        let path = folder.path("film.\(kind)")
        try film.write(to: URL(fileURLWithPath: path))
        let whole = try await decodePieces(of: path, SpanTests.Cut(frames: 1000, overlap: 0))
        let pieces = try await decodePieces(of: path, SpanTests.Cut(frames: 5, overlap: 0))
        #expect(whole.frames.count == 72)
        #expect(pieces.frames == whole.frames)
        let index = try FilmIndexer.index(path, store: folder.path("store"))
        #expect(index.formats.map(\.picture.width) == [96, 128, 96])
    }

    /// MPEG-2's or MPEG-4's headers before all but the first picture are taken out.
    private static func withoutRepeatedSequences(_ stream: Data, picture: UInt8) -> Data {
        var starts: [Data.Index] = []
        for at in stream.indices.dropLast(3) where stream[at] == 0 && stream[at + 1] == 0 && stream[at + 2] == 1 {
            starts.append(at)
        }
        var hasPicture = false
        return zip(starts, starts.dropFirst() + [stream.endIndex]).reduce(into: Data()) { data, unit in
            let value = stream[unit.0 + 3]
            if value == picture { hasPicture = true }
            let isHeader =
                picture == 0 ? [0xB3, 0xB5].contains(value) : value == 0xB0 || value == 0xB5 || value <= 0x2F
            // MPEG-2's picture extension is one, too, but stands behind its picture's header.
            let isPicture = value == 0xB5 && stream[unit.0 + 4] >> 4 == 8
            if hasPicture, isHeader, !isPicture { return }
            data += stream[unit.0..<unit.1]
        }
    }

    /// By numbers of their own, two sizes take turns, and each part's sets stand before its first picture only, or a GOP earlier.
    @Test(arguments: [false, true]) func sizesTakeTurnsByNumber(isEarly: Bool) async throws {
        let folder = try TemporaryFolder()
        let settings = ["keyint=16:bframes=0:threads=1:slices=1"]
        let first = try await Self.units(folder, "libx264", "h264", settings)
        let second = try await Self.units(folder, "libx264", "h264", settings + ["sps-id=1"], size: "128x96")
        let type = { (unit: Data) in (unit.first ?? 0) & 0x1F }
        let pictures = { (units: [Data]) in units.filter { [1, 5].contains(type($0)) } }
        let sets = [first, second].map { $0.filter { [7, 8].contains(type($0)) }.prefix(2) }
        let early = isEarly ? 32 : 48
        let film =
            Array(sets[0]) + pictures(first)[..<early] + Array(sets[1]) + pictures(first)[early...] + pictures(second)
            + pictures(first)
        let path = folder.path("film.h264")
        try film.reduce(into: Data()) { $0 += NALUnits.Framing.startCode.framed(ArraySlice($1)) }.write(
            to: URL(fileURLWithPath: path))
        let index = try FilmIndexer.index(path, store: folder.path("store"))
        #expect(index.formats.map(\.picture.width) == [96, 128, 96])
        #expect(index.formats.compactMap { index.table.frame(at: $0.timestamp) } == [0, 48, 96])
        let whole = try await decodePieces(of: path, SpanTests.Cut(frames: 1000, overlap: 0))
        let pieces = try await decodePieces(of: path, SpanTests.Cut(frames: 5, overlap: 0))
        #expect(whole.frames.count == 144)
        #expect(pieces.frames == whole.frames)
    }

    /// H.264's picture sets go by the sequence set that was there when they came, though another took its number since.
    @Test func aSequenceSetAloneChangesNothingYet() async throws {
        let folder = try TemporaryFolder()
        let settings = ["keyint=16:threads=1:slices=1"]
        let first = try await Self.units(folder, "libx264", "h264", settings + ["bframes=0:ref=1"])
        let second = try await Self.units(folder, "libx264", "h264", settings + ["bframes=3:ref=5:b-pyramid=normal"])
        let type = { (unit: Data) in (unit.first ?? 0) & 0x1F }
        let other = try #require(second.first { type($0) == 7 })
        #expect(!first.contains(other))
        let entries = first.indices.filter { type(first[$0]) == 5 }
        let withoutRepeats = { (units: ArraySlice<Data>) in units.filter { ![7, 8].contains(type($0)) } }
        let film =
            Array(first[...entries[0]]) + withoutRepeats(first[(entries[0] + 1)..<entries[1]]) + [other]
            + withoutRepeats(first[entries[1]...])
        try await Self.expectPiecesOf(film + withoutRepeats(first[...]), "h264")
    }

    /// What damage makes of slices is no parameter set, and what cannot be one is not carried on.
    @Test func damageMakesNoParameterSets() async throws {
        let folder = try TemporaryFolder()
        let units = try await Self.units(
            folder, "libx264", "h264", ["keyint=16:bframes=0:threads=1:slices=1:aud=1"])
        var sets = try #require(ParameterSets(CodecParameters(codec: "h264", width: 96, height: 64)))
        func take(_ unit: Data) { _ = sets.take(NALUnits.Framing.startCode.framed(ArraySlice(unit))) }
        units.forEach(take)
        let known = sets.framed
        #expect(known.count > 20 && known.count < 200)
        for bit in 0..<5 {
            for unit in units where [1, 5, 6, 9].contains((unit.first ?? 0) & 0x1F) {
                var damaged = unit
                damaged[damaged.startIndex] ^= 1 << bit
                take(damaged)
            }
        }
        #expect(sets.framed == known)
        // So many that they could not stand before every keyframe.
        for number in 1..<256 {
            let code = String(number + 1, radix: 2)
            let bits = String(repeating: "0", count: code.count - 1) + code + "111111" + "00011" + "11111"
            let bytes = stride(from: 0, to: bits.count, by: 8).map { place in
                UInt8(bits.dropFirst(place).prefix(8).padding(toLength: 8, withPad: "1", startingAt: 0), radix: 2) ?? 0
            }
            take(Data([0x68] + bytes) + Data(repeating: 0x55, count: 1000))
        }
        #expect(sets.framed.count > 30_000 && sets.framed.count < 1 << 16)
    }

    /// - Returns: NAL units of 48 pictures.
    private static func units(
        _ folder: TemporaryFolder, _ encoder: String, _ kind: String, _ settings: [String], size: String = "96x64"
    ) async throws -> [Data] {
        let raw = folder.path("\(UUID().uuidString).\(kind)")
        let option = encoder == "libx264" ? "-x264-params" : "-x265-params"
        try await ffmpeg([
            "-f", "lavfi", "-i", "testsrc2=size=\(size):rate=25,format=yuv420p", "-frames:v", "48", "-c:v", encoder,
            option, settings.joined(separator: ":"), raw,
        ])
        return NALUnits(try Data(contentsOf: URL(fileURLWithPath: raw)), .startCode).map { Data($0) }
    }

    private static func expectPiecesOf(_ units: some Sequence<Data>, _ kind: String) async throws {
        let folder = try TemporaryFolder()
        let film = folder.path("film.\(kind)")
        let bytes = units.reduce(into: Data()) { $0 += NALUnits.Framing.startCode.framed(ArraySlice($1)) }
        try bytes.write(to: URL(fileURLWithPath: film))
        let timed = folder.path("film.mkv")
        try await ffmpeg(["-fflags", "+genpts", "-r", "25", "-i", film, "-c", "copy", timed])
        for path in [film, timed] {
            let whole = try await decodePieces(of: path, SpanTests.Cut(frames: 1000, overlap: 0))
            let pieces = try await decodePieces(of: path, SpanTests.Cut(frames: 5, overlap: 0))
            #expect(whole.frames.count == 96)
            #expect(whole.damage.isEmpty)
            #expect(pieces.frames == whole.frames)
        }
    }

    /// An Annex B stream in which parameter sets stand before the first picture only.
    private static func withoutRepeats(_ stream: Data) -> Data {
        var hasPicture = false
        return NALUnits(stream, .startCode).reduce(into: Data()) { data, unit in
            let type = (unit.first ?? 0) & 0x1F
            if type == 5 { hasPicture = true }
            if hasPicture, type == 7 || type == 8 { return }
            data += NALUnits.Framing.startCode.framed(unit)
        }
    }
}
