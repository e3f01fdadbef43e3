import FarmModel
import TestSupport
import Testing

@testable import Media

@Suite struct FieldScanTests {
    private typealias Count = FieldScan.Count

    @Test func whatFlagsAndContentsAgreeOnIsDone() {
        let fields = Count(topFirst: 60, progressive: 20, undecided: 40)
        #expect(FieldScan(flags: Count(topFirst: 120), contents: fields, combed: 20).deinterlacing == .flagged)
        #expect(FieldScan(flags: Count(bottomFirst: 120), contents: fields, combed: 20).deinterlacing == .topFirst)
        #expect(
            FieldScan(flags: Count(progressive: 120), contents: Count(progressive: 100), combed: 0).deinterlacing == nil
        )
    }

    @Test func contentsCountAgainstFlags() {
        let progressive = Count(progressive: 90, undecided: 30)
        #expect(FieldScan(flags: Count(topFirst: 120), contents: progressive, combed: 0).deinterlacing == nil)
        let fields = Count(bottomFirst: 80, progressive: 20, undecided: 20)
        #expect(FieldScan(flags: Count(progressive: 120), contents: fields, combed: 20).deinterlacing == .bottomFirst)
    }

    @Test func unclearContentsDoNot() {
        let stills = Count(undecided: 120)
        #expect(FieldScan(flags: Count(topFirst: 120), contents: stills, combed: 0).deinterlacing == .flagged)
        #expect(FieldScan(flags: Count(progressive: 120), contents: stills, combed: 0).deinterlacing == nil)
        // Fine patterns in fast motion.
        let patterns = Count(topFirst: 39, progressive: 8)
        #expect(FieldScan(flags: Count(progressive: 60), contents: patterns, combed: 0).deinterlacing == nil)
    }

    @Test(arguments: [
        ("tff", "tff", Deinterlacing.flagged), ("bff", "bff", .flagged), ("tff", "bff", .topFirst),
        ("bff", "prog", .bottomFirst), ("tff", "prog", .topFirst),
    ])
    func interlacedFilmsAreFound(order: String, flag: String, expected: Deinterlacing) async throws {
        let film = try await Fixtures.shared.file("woven-\(order)-\(flag).mkv") { path in
            try await ffmpeg(
                [
                    "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=50", "-vf",
                    "interlace=scan=\(order),setfield=\(flag)",
                    "-frames:v", "40", "-c:v", "libx264", "-preset", "veryfast",
                ] + (flag == "prog" ? [] : ["-flags", "+ildct+ilme"]) + [
                    path
                ])
        }
        let scan = try #require(try FilmDescription.read(film).fields)
        #expect(scan.deinterlacing == expected, "\(scan)")
    }

    @Test func aProgressiveFilmInAnInterlacedStreamIsLeftAlone() async throws {
        let film = try await Fixtures.shared.file("progressive-as-tff.mkv") { path in
            try await ffmpeg([
                "-f", "lavfi", "-i",
                "nullsrc=size=320x240:rate=25,geq=lum='128+100*sin(X/23+N/9)*cos(Y/17-N/7)':cb=128:cr=128",
                "-frames:v", "60", "-c:v", "libx264", "-preset", "veryfast", "-x264-params", "tff=1", path,
            ])
        }
        let scan = try #require(try FilmDescription.read(film).fields)
        #expect(scan.flags.progressive == 0 && scan.deinterlacing == nil, "\(scan)")
    }

    @Test func codecsWithoutFieldsAreNotLookedAt() async throws {
        #expect(try FilmDescription.read(await Fixtures.shared.film(.vp9)).fields == nil)
        #expect(try FilmDescription.read(await Fixtures.shared.film(.x264Closed)).fields?.deinterlacing == nil)
    }
}
