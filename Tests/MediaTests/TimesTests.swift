import FarmModel
import Foundation
import TestSupport
import Testing

@testable import Media

/// Clocks that wrap or start anew, sources without times, edit lists, sound that begins before zero, last pictures that stay.
@Suite struct TimesTests {
    private static let pictures = "testsrc2=size=96x64:rate=25,noise=alls=20:allf=t:all_seed=7,format=yuv420p"
    private static let x264 = [
        "-c:v", "libx264", "-preset", "veryfast", "-threads", "1", "-x264-params", "keyint=24:bframes=3",
    ]

    /// Two seconds of pictures with sound.
    private static func film(_ name: String, _ arguments: [String]) async throws -> String {
        try await Fixtures.shared.file(name) { path in
            try await ffmpeg(
                ["-f", "lavfi", "-i", pictures, "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", "2"]
                    + x264 + ["-c:a", "mp2"] + arguments + [path])
        }
    }

    private static func joined(_ parts: [String], _ name: String) async throws -> String {
        try await Fixtures.shared.file(name) { path in
            let data = try parts.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
            try Data(data.joined()).write(to: URL(fileURLWithPath: path))
        }
    }

    private static func steps(_ pieces: Pieces) -> [Int64] {
        let times = pieces.candidates.compactMap(\.self)
        return zip(times, times.dropFirst()).map { $1 - $0 }
    }

    /// Seconds by which each packet of sound follows the first picture of its part, which begins at those of a film's frames.
    private static func sound(_ film: String, parts: [Int], each: Int) throws -> [Double] {
        let demuxer = try Demuxer(path: film)
        let tick = demuxer.video.timeBase.value
        var (pictures, sound): ([Double], [Double]) = ([], [])
        while let packet = try demuxer.next() {
            let time = Double(try #require(packet.pts ?? packet.dts)) * tick
            if packet.stream == demuxer.videoIndex { pictures.append(time) } else { sound.append(time) }
        }
        pictures.sort()
        return parts.enumerated().flatMap { part, first in
            sound[part * each..<min(part * each + each, sound.count)].map { $0 - pictures[first] }
        }
    }

    /// The 33-bit clock ends at 95443.717 s: in the middle, right behind the start, between the first picture and the sound.
    @Test(arguments: [95441.3, 95442.2, 95442.3, 95440.4]) func theClockOfATransportStreamWraps(start: Double)
        async throws
    {
        let film = try await Self.film("wraps-\(start).ts", ["-output_ts_offset", "\(start)"])
        let plain = try await Self.film("plain.ts", [])
        let pieces = try await decodePieces(of: film, .init(frames: 17, overlap: 1))
        #expect(pieces.frames.map(\.hash) == (try await referenceFrames(plain)).map(\.hash))
        let steps = Self.steps(pieces)
        #expect(steps == Array(repeating: 3600, count: 49))
        #expect(pieces.warnings.isEmpty, "\(pieces.warnings)")
        let (wrapped, right) = (
            try Self.sound(film, parts: [0], each: 84), try Self.sound(plain, parts: [0], each: 84)
        )
        #expect(zip(wrapped, right).allSatisfy { abs($0 - $1) < 0.0001 } && wrapped.count == right.count)
    }

    /// Recordings joined byte by byte: players go on behind a jump, forward, backward, or by less than ten seconds back.
    @Test(arguments: ["ts", "vob"]) func aClockThatJumpsGoesOn(container: String) async throws {
        let mpeg2 = ["-c:v", "mpeg2video", "-bf", "2", "-g", "12"]
        let codec = container == "vob" ? mpeg2 : []
        let near = try await Self.film("near.\(container)", codec + ["-output_ts_offset", "100"])
        let far = try await Self.film("far.\(container)", codec + ["-output_ts_offset", "20000"])
        let alone = try await referenceFrames(near).map(\.hash)
        let right = try Self.sound(near, parts: [0], each: 84)
        for (name, parts) in [("on", [near, far]), ("back", [far, near]), ("again", [near, near])] {
            let film = try await Self.joined(parts, "jump-\(name).\(container)")
            let pieces = try await decodePieces(of: film, .init(frames: 17, overlap: 1))
            #expect(pieces.frames.map(\.hash) == alone + alone, "\(name)")
            let steps = Self.steps(pieces)
            #expect(
                steps.enumerated().allSatisfy { $1 == 3600 || ((48...49).contains($0) && (3600..<9000).contains($1)) },
                "\(steps)")
            #expect(pieces.warnings.contains { $0.contains("starts anew once") }, "\(pieces.warnings)")
            let sound = try Self.sound(film, parts: [0, 50], each: right.count)
            #expect(sound.count == 2 * right.count)
            #expect(zip(sound, right + right).allSatisfy { abs($0 - $1) < 0.0002 }, "\(name)")
        }
    }

    /// Streams without a container have no times: frames once, in their order, at the rate that their headers tell.
    @Test(arguments: ["h264", "hevc", "m2v"]) func rawStreams(kind: String) async throws {
        let encoder = [
            "h264": Self.x264, "m2v": ["-c:v", "mpeg2video", "-bf", "2", "-g", "12"],
            "hevc": ["-c:v", "libx265", "-preset", "fast", "-x265-params", "log-level=error:keyint=24:bframes=3"],
        ]
        let pictures = Self.pictures.replacing("rate=25", with: "rate=30000/1001")
        let film = try await Fixtures.shared.file("raw.\(kind)") { path in
            try await ffmpeg(["-f", "lavfi", "-i", pictures, "-frames:v", "40"] + (encoder[kind] ?? []) + [path])
        }
        let pieces = try await decodePieces(of: film, .init(frames: 17, overlap: 1))
        #expect(pieces.frames.map(\.hash) == (try await referenceFrames(film)).map(\.hash))
        #expect(pieces.frames.count == 40 && pieces.missing.isEmpty)
        // 1/1200000 is what libav counts raw streams in.
        let steps = Self.steps(pieces)
        #expect(steps.allSatisfy { $0 == 40_040 }, "\(steps)")
        #expect(pieces.warnings.contains { $0.contains("30000/1001") && $0.contains("mkvmerge") }, "\(pieces.warnings)")
        // And `probe` finds the same.
        #expect(try FilmSurvey(film).table.timestamps == pieces.candidates)
    }

    /// ffmpeg's MXF of H.264 tells decoding times alone.
    @Test func decodingTimesAreNoOrder() async throws {
        let film = try await Fixtures.shared.file("order.mxf") { path in
            try await ffmpeg(["-f", "lavfi", "-i", Self.pictures, "-frames:v", "40"] + Self.x264 + [path])
        }
        let pieces = try await decodePieces(of: film, .init(frames: 17, overlap: 1))
        #expect(pieces.frames.map(\.hash) == (try await referenceFrames(film)).map(\.hash))
        #expect(pieces.frames.map(\.timestamp) == (0..<40).map { Int64($0) })
    }

    /// Two parts of a track: what lies between them is not heard, neither at its own time nor at another.
    @Test(arguments: ["mkv", "mp4"]) func whatAnEditListHidesIsNotHeard(container: String) async throws {
        let plain = try await Self.film("plain.mp4", ["-c:a", "aac"])
        let film = try await Fixtures.shared.file("edits.mp4") { path in
            let sound = 1024.0 / 48000
            try EditLists.set(
                [
                    "vide": [.init(0.6, from: 0.08 + 0.4), .init(0.6, from: 0.08 + 1.2)],
                    "soun": [.init(0.6, from: sound + 0.4), .init(0.6, from: sound + 1.2)],
                ], in: plain, to: path)
        }
        let joined = try JoinedFilm(source: film, container: container, limit: 29).write()
        #expect(joined.notes.isEmpty, "\(joined.notes)")
        let times = try await probe(joined.path, ["-select_streams", "a", "-show_entries", "packet=pts_time"])
        let seconds = times.compactMap { Double($0.split(separator: "=").last ?? "") }
        let steps = zip(seconds, seconds.dropFirst()).map { $1 - $0 }
        // 0.6 s are 28.1 packets; one more before the first, and one where the second part begins.
        #expect((56...60).contains(seconds.count), "\(seconds.count)")
        #expect(steps.allSatisfy { $0 > 0 && $0 < 0.0445 }, "\(steps)")
    }

    /// How long the last picture stays is its packet's to say.
    @Test(arguments: ["mp4", "mkv"]) func theLastPictureStays(container: String) async throws {
        let film = try await Fixtures.shared.file("stays.mp4") { path in
            let plain = path + ".plain.mp4"
            try await ffmpeg(
                ["-f", "lavfi", "-i", Self.pictures, "-frames:v", "10"] + ["-c:v", "libx264", "-bf", "0", plain])
            try await ffmpeg(
                ["-i", plain, "-c", "copy", "-bsf:v", "setts=duration=if(eq(N\\,9)\\,3/TB\\,DURATION)", path])
        }
        let folder = try TemporaryFolder()
        let index = try FilmIndexer.index(film, store: folder.path("store"))
        try index.table.save(to: folder.path("table"))
        let table = try FrameTable(contentsOf: folder.path("table"))
        let end = try #require(table.end)
        #expect(abs(Double(end) * table.timeBase.value - 3.36) < 0.001)
        let joined = try JoinedFilm(source: film, container: container)
        joined.plan.end = end
        try joined.write()
        let length = try await probe(joined.path, ["-show_entries", "format=duration"]).first ?? ""
        let seconds = try #require(length.split(separator: "=").last.flatMap { Double($0) })
        #expect(abs(seconds - 3.36) < 0.0011, "\(length)")
    }
}
