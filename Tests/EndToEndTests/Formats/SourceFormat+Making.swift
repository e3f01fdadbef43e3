import Foundation
import TestSupport

extension SourceFormat {
    /// Makes the film with Debian's ffmpeg and mkvtoolnix in `folder`.
    /// - Returns: its path; nil where these tools cannot make it, or where what they made has not what it is named for.
    func make(in folder: String) async throws -> String? {
        let path = folder + "/" + fileName
        do {
            try await encode(to: path, beside: folder)
            if try await isWhatItIsNamedFor(path) { return path }
            print("\(self): has not what it is named for, or does not decode silently")
            return nil
        } catch let failure as ProcessFailure {
            print("\(self): \(failure.output.suffix(300))")
            return nil
        }
    }

    private func encode(to path: String, beside folder: String) async throws {
        switch feature {
        case .hdr10:
            let (plain, described) = (path + ".plain.mkv", path + ".described.mkv")
            try await encode(to: plain, beside: folder, pictures, muxing: [])
            try await run("mkvmerge", ["-q"] + Self.display + ["-o", described, plain])
            try await copy(described, to: path)
        case .rotated:
            let plain = path + ".plain.\(container)"
            try await encode(to: plain, beside: folder, pictures, muxing: muxing)
            try await copy(plain, to: path, ["-metadata:s:v:0", "rotate=90"])
        case .oddSize:
            do { try await encode(to: path, beside: folder, pictures, muxing: muxing) } catch is ProcessFailure {
                // Encoders that take odd sizes only where chroma has every sample.
                try await encode(to: path, beside: folder, pictures + ["-pix_fmt", "yuv444p"], muxing: muxing)
            }
        default: try await encode(to: path, beside: folder, pictures, muxing: muxing)
        }
    }

    private func encode(
        to path: String, beside folder: String, _ pictures: [String], muxing: [String]
    ) async throws {
        try await ffmpeg(inputs(folder) + pictures + sounds + extras(folder) + muxing + [path])
    }

    private func copy(_ source: String, to path: String, _ more: [String] = []) async throws {
        try await ffmpeg(["-i", source, "-map", "0", "-c", "copy"] + more + ["-strict", "-2"] + muxing + [path])
    }

    /// Pictures, a low and a high sound, subtitles, chapters, a cover.
    private func inputs(_ folder: String) -> [String] {
        [
            "-f", "lavfi", "-i", source, "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=1.2",
            "-f", "lavfi", "-i", "sine=frequency=880:sample_rate=48000:duration=1.2", "-i", folder + "/text.srt", "-i",
            folder + "/chapters.txt", "-i", folder + "/cover.jpg",
        ]
    }

    /// What `inputs` reads.
    static func makeParts(in folder: String) async throws {
        try Data("1\n00:00:00,100 --> 00:00:00,500\nOne\n\n2\n00:00:00,600 --> 00:00:01,000\n<i>Two</i>\n".utf8)
            .write(to: URL(fileURLWithPath: folder + "/text.srt"))
        let chapters = [(0, 480, "First"), (480, 1200, "Second")].map {
            "[CHAPTER]\nTIMEBASE=1/1000\nSTART=\($0)\nEND=\($1)\ntitle=\($2)\n"
        }
        try Data((";FFMETADATA1\n" + chapters.joined()).utf8)
            .write(to: URL(fileURLWithPath: folder + "/chapters.txt"))
        try await ffmpeg(["-f", "lavfi", "-i", "color=red:size=32x32", "-frames:v", "1", folder + "/cover.jpg"])
    }

    // MARK: Pictures

    private var source: String {
        let (width, height) = codec == .dnxhd ? (256, 128) : (96, 64)
        let size = "\(width)x\(height)"
        let filter =
            switch feature {
            case .interlaced: "testsrc2=size=\(size):rate=50,format=\(pixels),interlace=scan=tff,setfield=tff"
            case .vfr: "testsrc2=size=\(size):rate=25,format=\(pixels),settb=1/1000,setpts='N*40+mod(N*N,17)'"
            // It makes even sizes only of what is subsampled.
            case .oddSize:
                "testsrc2=size=\(size):rate=25,format=yuv444p,crop=\(width - 1):\(height - 1),format=\(pixels)"
            case .anamorphic: "testsrc2=size=\(size):rate=25,format=\(pixels),setsar=4/3"
            default: "testsrc2=size=\(size):rate=25,format=\(pixels)"
            }
        return filter
    }

    private var pixels: String {
        switch codec {
        case .prores: "yuv422p10"
        case .dnxhd: feature.isDeep ? "yuv422p10" : "yuv422p"
        case .mjpeg: "yuvj420p"
        case .rawvideo where container == .mov: "uyvy422"
        default: feature.isDeep ? "yuv420p10" : "yuv420p"
        }
    }

    private var pictures: [String] {
        ["-map", "0:v", "-frames:v", "\(Self.frames)"] + encoder + color
            + (feature == .vfr ? ["-fps_mode", "passthrough", "-enc_time_base", "-1"] : [])
            + (feature == .interlaced ? ["-flags", "+ildct+ilme", "-field_order", "tt"] : [])
    }

    private var encoder: [String] {
        switch codec {
        case .h264: ["-c:v", "libx264", "-preset", "veryfast", "-g", "12", "-bf", "2"]
        case .hevc: ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:keyint=12:bframes=2"]
        case .mpeg2: ["-c:v", "mpeg2video", "-g", "12", "-bf", "2", "-q:v", "3"]
        case .mpeg4: ["-c:v", "mpeg4", "-g", "12", "-bf", "2", "-q:v", "3"]
        case .theora: ["-c:v", "libtheora", "-q:v", "8"]
        case .vp8: ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "500k", "-g", "12"]
        case .vp9: ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "500k", "-g", "12"]
        case .av1: ["-c:v", "libsvtav1", "-preset", "12", "-g", "12"]
        case .prores: ["-c:v", "prores_ks", "-profile:v", "2"]
        case .dnxhd: ["-c:v", "dnxhd", "-profile:v", feature.isDeep ? "dnxhr_hqx" : "dnxhr_sq"]
        case .mjpeg: ["-c:v", "mjpeg", "-q:v", "3"]
        case .ffv1: ["-c:v", "ffv1", "-level", "3", "-slicecrc", "1"]
        case .rawvideo: ["-c:v", "rawvideo"]
        }
    }

    private var color: [String] {
        guard feature.isDeep else { return [] }
        return [
            "-color_primaries", "bt2020", "-color_trc", feature == .hdr10 ? "smpte2084" : "arib-std-b67",
            "-colorspace", "bt2020nc", "-color_range", "tv",
        ]
    }

    /// A display of P3 primaries and 1,000 nits.
    private static let display = [
        "--max-content-light", "0:900", "--max-frame-light", "0:400", "--min-luminance", "0:0.005", "--max-luminance",
        "0:1000", "--chromaticity-coordinates", "0:0.68,0.32,0.265,0.69,0.15,0.06", "--white-colour-coordinates",
        "0:0.3127,0.329",
    ]

    // MARK: What lies beside them

    private var sounds: [String] {
        let (first, second) =
            switch container {
            case .mkv: ("aac", "flac")
            case .mp4, .mov: ("aac", "ac3")
            case .avi: ("libmp3lame", "ac3")
            case .ts, .mpg: ("mp2", "ac3")
            case .webm: ("libopus", "libvorbis")
            case .ogg: ("libvorbis", "flac")
            }
        let one = ["-map", "1:a", "-c:a:0", first, "-metadata:s:a:0", "language=eng", "-metadata", "title=Plain"]
        guard feature == .tracks else { return one }
        return one + ["-map", "2:a", "-c:a:1", second, "-metadata:s:a:1", "language=deu"] + text
    }

    private var text: [String] {
        let form: String? =
            switch container {
            case .mkv: "srt"
            case .mp4, .mov: "mov_text"
            case .webm: "webvtt"
            default: nil
            }
        return form.map { ["-map", "3:s", "-c:s", $0, "-metadata:s:s:0", "language=fra"] } ?? []
    }

    private func extras(_ folder: String) -> [String] {
        switch feature {
        case .chapters: ["-map_chapters", "4"]
        case .attachments where container == .mkv:
            [
                "-attach", folder + "/text.srt", "-metadata:s:t", "mimetype=application/x-truetype-font",
                "-metadata:s:t",
                "filename=font.ttf",
            ]
        case .attachments: ["-map", "5:v", "-c:v:1", "png", "-disposition:v:1", "attached_pic"]
        default: ["-map_chapters", "-1"]
        }
    }

    private var muxing: [String] {
        switch container {
        case .mpg: ["-f", "vob"]
        case .ogg: ["-f", "ogg"]
        default: ["-strict", "-2"]
        }
    }
}
