import FarmModel
import Foundation
import TestSupport
import Testing

@testable import Media

@Suite struct FilmCheckTests {
    private func refusal(
        _ words: String, source: String? = nil, _ change: (inout FilmPlan, TemporaryFolder) async throws -> Void
    )
        async throws
    {
        let path: String
        if let source { path = source } else { path = try await FilmWriterTests.richMKV() }
        let film = try JoinedFilm(source: path).write()
        var plan = film.plan
        try await change(&plan, film.folder)
        let error = #expect(throws: MediaError.self) {
            try FilmCheck.check(film.path, against: plan, report: film.report)
        }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    /// The segment with its packets changed, in a file of its own.
    private func changed(_ path: String, _ change: (inout [VideoPacket]) -> Void) throws -> String {
        let reader = try PacketFileReader(path: path)
        var packets: [VideoPacket] = []
        while let packet = try reader.next() { packets.append(packet) }
        change(&packets)
        var writer = try PacketFileWriter(path: path + "-changed", stream: reader.stream)
        for packet in packets { try writer.append(packet) }
        try writer.finish()
        return path + "-changed"
    }

    @Test func namesTheFirstPictureThatIsNotItsSegments() async throws {
        try await refusal("(packet 5) is not what its segment holds") { plan, _ in
            plan.segments[2] = try changed(plan.segments[2]) { $0[2].payload[9] ^= 1 }
        }
        try await refusal("(packet 4) is -0.002 s off") { plan, _ in
            plan.segments[2] = try changed(plan.segments[2]) { $0[1].pts = $0[1].pts.map { $0 + 2 } }
        }
        try await refusal("more than the 38 frames") { plan, _ in plan.segments.removeLast() }
        try await refusal("38 of 39 frames") { plan, _ in plan.timestamps.append(99_999) }
    }

    @Test func namesTheStreamThatIsNotTheSources() async throws {
        let plain = try await Fixtures.shared.file("plain.mkv") { path in
            let rich = try await FilmWriterTests.richMKV()
            try await ffmpeg(["-i", rich, "-map", "0:v:0", "-map", "0:a", "-map", "0:s", "-c", "copy", path])
        }
        for (filter, words) in [
            (["-bsf:a:0", "noise=amount=50"], "stream 1"), (["-bsf:a:1", "noise=drop=eq(n\\,3)"], "stream 2"),
            (["-bsf:s:0", "noise=drop=eq(n\\,1)"], "more packets of stream 3"),
        ] {
            try await refusal(words, source: plain) { plan, folder in
                let other = folder.path("other.mkv")
                try await ffmpeg(["-i", plan.source, "-map", "0", "-c", "copy"] + filter + [other])
                plan.source = other
            }
        }
        try await refusal("attachments") { plan, _ in plan.source = plain }
    }

    @Test func aTruncatedFilmIsSeen() async throws {
        let film = try JoinedFilm(source: try await FilmWriterTests.richMKV()).write()
        let whole = try Data(contentsOf: URL(fileURLWithPath: film.path))
        for part in [1, 2, 3] {
            try whole.prefix(whole.count * part / 4).write(to: URL(fileURLWithPath: film.path))
            #expect(throws: MediaError.self) { try FilmCheck.check(film.path, against: film.plan, report: film.report) }
        }
    }
}
