import TestSupport

/// A whole film that mutations start from: many containers, codecs and kinds of streams, all small.
struct FuzzFilm: Sendable, CustomStringConvertible {
    private enum Source {
        case kind(FilmKind)
        case made(String)
    }

    let name: String
    private let source: Source

    var description: String { name }
    var pathExtension: String { name.split(separator: ".").last.map(String.init) ?? "" }

    static let all = FilmKind.allCases.map(FuzzFilm.init) + others.map(FuzzFilm.init)

    private init(_ kind: FilmKind) {
        name = kind.fileName
        source = .kind(kind)
    }

    private init(_ name: String, _ options: String) {
        self.name = name
        source = .made(options)
    }

    /// Names, and what ffmpeg is told for them. A moving pattern is input 0, a tone 1, subtitles 2, chapters 3.
    private static let others = [
        (
            "everything.mkv",
            "-map 0 -map 1 -map 1 -map 2 -map 2 -map_metadata 3 \(h264) -c:a:0 aac -c:a:1 flac -c:s:0 srt -c:s:1 ass "
                + "-attach CHAPTERS -metadata:s:t mimetype=text/plain"
        ),
        (
            "everything.mp4",
            "-map 0 -map 1 -map 1 -map 2 -map_metadata 3 \(h264) -c:a:0 aac -c:a:1 ac3 -c:s mov_text "
                + "-metadata:s:v:0 rotate=90"
        ),
        ("fragments.mp4", "\(h264) -c:a aac -movflags frag_keyframe+empty_moov+default_base_moof"),
        ("late.mkv", "\(h264) -c:a aac -output_ts_offset 2000000000"),
        ("sound.ts", "\(h264) -c:a mp2"),
        ("sound.flv", "\(h264) -c:a aac"),
        ("raw.h264", h264),
        ("raw.hevc", "-frames:v 40 -c:v libx265 -preset veryfast -x265-params log-level=error:frame-threads=1"),
        ("raw.m2v", "-frames:v 40 -c:v mpeg2video"),
        ("raw.ivf", "-frames:v 40 -c:v libvpx -cpu-used 8"),
        ("raw.obu", "-frames:v 24 -c:v libsvtav1 -preset 12"),
        ("raw.y4m", "-frames:v 12"),
        ("hdr10.mp4", "\(hdr) -c:a aac"),
        ("hdr10.mkv", "\(hdr) -c:a aac"),
        ("prores.mov", "-frames:v 12 -c:v prores -c:a pcm_s16le"),
        ("alpha.mov", "-frames:v 8 -pix_fmt argb -c:v qtrle -c:a pcm_s16be"),
        ("png.mov", "-frames:v 8 -c:v png"),
        ("svq1.mov", "-frames:v 20 -c:v svq1"),
        ("wavelet.mov", "-frames:v 6 -c:v jpeg2000"),
        ("dnxhr.mxf", "-s 256x128 -frames:v 8 -pix_fmt yuv422p -c:v dnxhd -profile:v dnxhr_sq -c:a pcm_s16le"),
        ("opus.webm", "-frames:v 40 -c:v libvpx-vp9 -cpu-used 8 -deadline realtime -c:a libopus"),
        ("theora.ogv", "-frames:v 40 -c:v libtheora -c:a libvorbis"),
        ("sorenson.flv", "-frames:v 40 -c:v flv -c:a libmp3lame -ar 44100"),
        ("flash.swf", "-frames:v 20 -c:v flv"),
        ("mjpeg.avi", "-frames:v 20 -c:v mjpeg -c:a pcm_s16le"),
        ("raw.avi", "-frames:v 12 -c:v rawvideo -c:a pcm_s16le"),
        ("utvideo.avi", "-frames:v 12 -c:v utvideo"),
        ("screen.avi", "-frames:v 8 -pix_fmt bgr0 -c:v zmbv"),
        ("msmpeg4.avi", "-frames:v 40 -c:v msmpeg4v2"),
        ("cinepak.avi", "-frames:v 12 -c:v cinepak"),
        ("raw.nut", "-frames:v 12 -c:v rawvideo -c:a pcm_s16le"),
        ("wmv2.wmv", "-frames:v 40 -c:v wmv2 -c:a wmav2"),
        ("mpeg1.mpg", "-frames:v 40 -c:v mpeg1video -c:a mp2"),
        ("h263.3gp", "-s 128x96 -frames:v 40 -c:v h263"),
        ("real.rm", "-frames:v 20 -c:v rv10"),
        ("palette.gif", "-frames:v 12"),
        ("moving.apng", "-frames:v 8 -f apng"),
        ("huffyuv.mkv", "-frames:v 12 -c:v huffyuv"),
    ]

    private static let h264 = "-frames:v 40 -c:v libx264 -preset veryfast -x264-params keyint=12:bframes=3"
    private static let hdr =
        "-frames:v 24 -pix_fmt yuv420p10 -c:v libx265 -preset veryfast -x265-params log-level=error:frame-threads=1:"
        + "hdr10=1:master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1):max-cll=1000,400"

    /// Its path; made on first use.
    func path() async throws -> String {
        switch source {
        case .kind(let kind): return try await Fixtures.shared.film(kind)
        case .made(let options):
            let subtitles = try await Fixtures.shared.file("fuzz.srt") { try Self.subtitles.write(to: $0) }
            let chapters = try await Fixtures.shared.file("fuzz.chapters") { try Self.chapters.write(to: $0) }
            return try await Fixtures.shared.file("fuzz-\(name)") { path in
                let words = options.split(separator: " ").map { $0 == "CHAPTERS" ? chapters : String($0) }
                try await ffmpeg(
                    [
                        "-f", "lavfi", "-i", FilmKind.x264Closed.filter, "-f", "lavfi", "-i",
                        "sine=frequency=440:sample_rate=48000:duration=1.6", "-i", subtitles, "-f", "ffmetadata", "-i",
                        chapters,
                    ]
                        + (options.contains("-map ")
                            ? [] : ["-map", "0"] + (options.contains("-c:a") ? ["-map", "1"] : []))
                        + words + ["-threads", "1", "-fflags", "+bitexact", path])
            }
        }
    }

    private static let subtitles =
        "1\n00:00:00,100 --> 00:00:00,900\nHello <i>world</i>\n\n2\n00:00:01,000 --> 00:00:01,500\nSecond\n"
    private static let chapters =
        ";FFMETADATA1\ntitle=A film\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=900\ntitle=One\n[CHAPTER]\n"
        + "TIMEBASE=1/1000\nSTART=900\nEND=1600\ntitle=Two\n"
}

extension String {
    fileprivate func write(to path: String) throws {
        try write(toFile: path, atomically: true, encoding: .utf8)
    }
}
