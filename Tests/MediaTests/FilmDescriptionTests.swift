import FarmModel
import Foundation
import Media
import TestSupport
import Testing

@Suite struct FilmDescriptionTests {
    /// FFV1 has no word for it, and MPEG-2 for some only.
    @Test(arguments: ["ffv1", "mpeg2video"]) func theContainersAspectCounts(codec: String) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("film.mov")
        try await ffmpeg([
            "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25,format=yuv420p,setsar=4/3", "-frames:v", "3", "-c:v",
            codec,
            "-strict", "-2", path,
        ])
        #expect(try FilmDescription.read(path).video.parameters.sampleAspectRatio == Rational(4, 3))
    }

    @Test func everythingInAFilm() async throws {
        let folder = try TemporaryFolder()
        try Data("1\n00:00:00,000 --> 00:00:01,000\nHello\n".utf8).write(to: URL(fileURLWithPath: folder.path("a.srt")))
        try Data(";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=One\n".utf8)
            .write(to: URL(fileURLWithPath: folder.path("chapters.txt")))
        try Data("font".utf8).write(to: URL(fileURLWithPath: folder.path("f.ttf")))
        let path = folder.path("film.mkv")
        try await ffmpeg([
            "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25:duration=1", "-f", "lavfi", "-i",
            "sine=sample_rate=48000:duration=1", "-i", folder.path("a.srt"), "-i", folder.path("chapters.txt"),
            "-map", "0:v", "-map", "1:a", "-map", "2:s", "-map_metadata", "3", "-map_chapters", "3",
            "-attach", folder.path("f.ttf"), "-metadata:s:t", "mimetype=font/ttf", "-c:v", "libx264", "-pix_fmt",
            "yuv420p10le", "-color_range", "pc", "-colorspace", "bt709", "-aspect", "4:3", "-c:a", "aac", "-ac", "2",
            "-metadata:s:a:0", "language=deu", "-metadata:s:a:0", "title=Ton", "-disposition:a:0", "default+comment",
            "-metadata", "title=Ein Film", path,
        ])
        let film = try FilmDescription.read(path)

        #expect(film.container == "matroska,webm")
        #expect(film.tags["title"] == "Ein Film")
        #expect(film.chapters == 1)
        #expect(film.attachments == ["f.ttf"])
        #expect(film.size == Int64(try Data(contentsOf: URL(fileURLWithPath: path)).count))
        #expect(abs((film.duration ?? 0) - 1) < 0.1)
        #expect(film.streams.map(\.kind) == [.video, .audio, .subtitle, .attachment])
        #expect(film.streams.map(\.codec).prefix(3) == ["h264", "aac", "ass"])
        #expect(film.streams[1].language == "deu")
        #expect(film.streams[1].title == "Ton")
        #expect(film.streams[1].dispositions == ["default", "comment"])
        #expect(film.streams[1].sampleRate == 48000)
        #expect(film.streams[1].channels == 2)
        #expect(film.videoIndex == 0)
        #expect(film.streams[0].sampleAspectRatio == Rational(8, 9))
        #expect(film.video.frameRate == Rational(25, 1))
        #expect(film.video.timeBase == Rational(1, 1000))
        #expect(film.picture.layout == PixelLayout(family: .yuv, bitDepth: 10, chromaShiftX: 1, chromaShiftY: 1))
        #expect((film.picture.width, film.picture.height) == (96, 64))
        #expect(film.picture.color.isFullRange)
        #expect(film.picture.color.matrix == 1)
        #expect(try JSONDecoder().decode(FilmDescription.self, from: JSONEncoder().encode(film)) == film)
    }

    /// The container names no pixel format before something is decoded; a cover in front is not the film.
    @Test func coverFirst() async throws {
        let folder = try TemporaryFolder()
        let cover = folder.path("cover.png")
        try await ffmpeg(["-f", "lavfi", "-i", "testsrc2=size=320x320", "-frames:v", "1", cover])
        let path = folder.path("film.mp4")
        try await ffmpeg([
            "-i", cover, "-f", "lavfi", "-i", "testsrc2=size=96x64:duration=1", "-map", "0", "-map", "1", "-c:v:0",
            "copy",
            "-c:v:1", "libx264", "-disposition:v:0", "attached_pic", path,
        ])
        let film = try FilmDescription.read(path)
        #expect(film.streams[film.videoIndex].codec == "h264")
        #expect(film.picture.width == 96)
    }

    @Test func nothingToDecode() async throws {
        let folder = try TemporaryFolder()
        var film = try Data(contentsOf: URL(fileURLWithPath: try await Fixtures.shared.film(.mpeg2MKV)))
        // Every cluster's payload away, the headers kept.
        let start = film.range(of: Data([0x1f, 0x43, 0xb6, 0x75]))?.upperBound ?? film.endIndex
        film.removeSubrange(start...)
        let path = folder.path("headers.mkv")
        try film.write(to: URL(fileURLWithPath: path))
        #expect { try FilmDescription.read(path) } throws: { "\($0)".contains(path) && $0 is MediaError }
        #expect { try FilmIndexer.index(path, store: folder.path("store")) } throws: {
            "\($0)".contains("without pictures")
        }
    }
}
