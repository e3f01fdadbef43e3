internal import Foundation

/// Films whose pictures become others after 50 of 100, made of two parts that were encoded apart, 25 pictures a second.
public enum ChangingFilm: String, CaseIterable, Sendable {
    /// Strung together byte by byte, as recordings are.
    case size, depth, chroma, color, aspect, sets
    case mpeg2Size, mpeg2Chroma, mpeg2Aspect
    case hevcSize, hevcDepth
    /// The same in containers that have headers of their own: the second part's are in its packets.
    case sizeMKV, sizeMP4, setsMP4, hevcSizeMKV
    /// Where times are found by decoding: a raw stream, and one whose container tells few.
    case sizeRaw, mpeg2SizePS
    case vp9Size, av1Size
    /// Nobody looks for its headers: only decoding tells.
    case pngSize

    /// Frames of each part.
    public static let frames = 50

    public func make() async throws -> String {
        try await Fixtures.shared.file("changing-\(rawValue).\(fileExtension)") { path in
            let parts = [path + ".0.\(self.partExtension)", path + ".1.\(self.partExtension)"]
            for (number, part) in parts.enumerated() { try await self.encode(number, to: part) }
            guard self.partExtension == "ts" else { return try await Self.list(parts, path) }
            let joined = self.fileExtension == "ts" ? path : path + ".ts"
            let bytes = try parts.reduce(into: Data()) { $0 += try Data(contentsOf: URL(fileURLWithPath: $1)) }
            try bytes.write(to: URL(fileURLWithPath: joined))
            if joined != path { try await ffmpeg(["-i", joined, "-c", "copy", path]) }
        }
    }

    /// Copies one part after the other, whatever is in them.
    private static func list(_ parts: [String], _ path: String) async throws {
        let lines = parts.map { "file '\($0)'\n" }.joined()
        try Data(lines.utf8).write(to: URL(fileURLWithPath: path + ".txt"))
        try await ffmpeg(["-f", "concat", "-safe", "0", "-i", path + ".txt", "-c", "copy", path])
    }

    private func encode(_ number: Int, to path: String) async throws {
        let isSecond = number == 1
        let changesSize =
            rawValue.hasSuffix("Size") || rawValue.hasSuffix("SizeMKV") || self == .size
            || [.sizeMKV, .sizeMP4, .sizeRaw, .mpeg2SizePS].contains(self)
        let size = isSecond && changesSize ? "128x96" : "96x64"
        try await ffmpeg(
            [
                "-f", "lavfi", "-i", "testsrc2=size=\(size):rate=25", "-vf", filter(isSecond), "-frames:v",
                "\(Self.frames)",
            ]
                + encoder(isSecond) + ["-output_ts_offset", partExtension == "ts" ? "\(1 + 2 * number)" : "0", path])
    }

    private func filter(_ isSecond: Bool) -> String {
        switch self {
        case .depth where isSecond, .hevcDepth where isSecond: "format=yuv420p10le"
        case .chroma where isSecond, .mpeg2Chroma where isSecond: "format=yuv422p"
        case .aspect where isSecond: "format=yuv420p,setsar=4/3"
        case .mpeg2Aspect where isSecond: "format=yuv420p,setdar=16/9"
        case .pngSize: "format=rgb24"
        default: "format=yuv420p"
        }
    }

    private func encoder(_ isSecond: Bool) -> [String] {
        let x264 = ["-c:v", "libx264", "-preset", "veryfast", "-x264-params"]
        let plain = x264 + ["keyint=16:bframes=2:threads=1"]
        switch self {
        case .sets where isSecond, .setsMP4 where isSecond:
            return x264 + ["keyint=16:bframes=0:ref=4:level=4:8x8dct=0:cabac=0:threads=1"]
        case .color:
            let color = isSecond ? "bt709" : "smpte170m"
            return plain + ["-colorspace", color, "-color_primaries", color, "-color_trc", color]
        case .mpeg2Size, .mpeg2Chroma, .mpeg2Aspect, .mpeg2SizePS:
            return ["-c:v", "mpeg2video", "-g", "12", "-bf", "2", "-q:v", "3"]
        case .hevcSize, .hevcDepth, .hevcSizeMKV:
            let parameters = "keyint=16:bframes=2:log-level=error:frame-threads=1"
            return ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", parameters]
        case .vp9Size: return ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "16"]
        case .av1Size: return ["-c:v", "libsvtav1", "-preset", "12", "-g", "16"]
        case .pngSize: return ["-c:v", "png"]
        default: return plain
        }
    }

    private var partExtension: String {
        switch self {
        case .vp9Size: "webm"
        case .av1Size, .pngSize: "mkv"
        default: "ts"
        }
    }

    private var fileExtension: String {
        switch self {
        case .sizeMKV, .hevcSizeMKV, .av1Size, .pngSize: "mkv"
        case .sizeMP4, .setsMP4: "mp4"
        case .vp9Size: "webm"
        case .sizeRaw: "h264"
        case .mpeg2SizePS: "mpg"
        default: "ts"
        }
    }
}
