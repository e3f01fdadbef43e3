internal import Foundation

/// Films whose pictures are woven of two moments: 96x64, 50 fields a second, made by the ffmpeg command line.
public enum FieldedFilm: String, CaseIterable, Sendable {
    case mpeg2Top, mpeg2Bottom, mpeg2Top422
    /// Macroblock by macroblock coded as fields or as frames (MBAFF), which is all that x264 does of it; open GOPs.
    case x264Top, x264Bottom, x264Top422
    /// Of soft colours, which stay inside RGB however they are interpolated.
    case x264Top444
    case proRes
    /// Every picture shown for two fields and the next for three, woven as television did it.
    case telecined
    /// The same by flags (repeat_first_field): the pictures themselves are progressive.
    case softTelecined
    /// Progressive, interlaced, progressive: strung together byte by byte.
    case middle
    /// Some frames in the middle are not there.
    case gapped

    /// Frames put into the encoder, or into each of three.
    public static let frames = 50

    public func make() async throws -> String {
        try await Fixtures.shared.file(fileName) { path in
            switch self {
            case .softTelecined: try await Self.flagRepeats(try await FieldedFilm.mpeg2Top.make(), to: path)
            case .middle: try await Self.joined(path)
            case .gapped:
                let whole = try await FieldedFilm.x264Top.make()
                try await ffmpeg(["-i", whole, "-c", "copy", "-bsf:v", "noise=drop=between(n\\,22\\,24)", path])
            default: try await encode(path)
            }
        }
    }

    private var fileName: String {
        switch self {
        case .proRes: "\(rawValue).mov"
        case .mpeg2Bottom, .x264Bottom: "\(rawValue).mkv"
        default: "\(rawValue).ts"
        }
    }

    private func encode(_ path: String) async throws {
        try await ffmpeg(
            ["-f", "lavfi", "-i", "testsrc2=size=96x64:rate=50", "-vf", filter, "-frames:v", "\(Self.frames)"] + encoder
                + [path])
    }

    private var isTop: Bool { self != .mpeg2Bottom && self != .x264Bottom }

    private var filter: String {
        let order = isTop ? "tff" : "bff"
        let pixels =
            switch self {
            case .mpeg2Top422: "yuv422p"
            case .x264Top422, .proRes: "yuv422p10le"
            case .x264Top444: "yuv444p"
            default: "yuv420p"
            }
        let soft = self == .x264Top444 ? "format=gbrp,lutrgb=r=val*0.5+64:g=val*0.5+64:b=val*0.5+64," : ""
        let woven = self == .telecined ? "framerate=24,telecine=pattern=23" : "interlace=scan=\(order)"
        return "\(soft)\(woven),format=\(pixels),setfield=\(order)"
    }

    private var encoder: [String] {
        let fields = ["-flags", "+ildct+ilme", "-top", isTop ? "1" : "0"]
        switch self {
        case .mpeg2Top, .mpeg2Bottom, .mpeg2Top422:
            return ["-c:v", "mpeg2video", "-g", "12", "-bf", "2", "-q:v", "3"] + fields
        case .proRes: return ["-c:v", "prores_ks"] + fields
        default:
            let parameters =
                "\(isTop ? "tff" : "bff")=1:keyint=16:min-keyint=16:scenecut=0:open-gop=1:bframes=2:threads=1"
            return ["-c:v", "libx264", "-preset", "veryfast", "-x264-params", parameters]
        }
    }

    /// Sets repeat_first_field and progressive_frame in every second picture coding extension (ISO/IEC 13818-2 6.2.3.1).
    private static func flagRepeats(_ film: String, to path: String) async throws {
        let raw = path + ".m2v"
        try await ffmpeg(["-i", film, "-c", "copy", "-f", "mpeg2video", raw])
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: raw)))
        var pictures = 0
        for at in 0..<bytes.count - 9
        where bytes[at..<at + 4].elementsEqual([0, 0, 1, 0xB5]) && bytes[at + 4] >> 4 == 8 {
            pictures += 1
            guard pictures.isMultiple(of: 2) else { continue }
            bytes[at + 7] |= 0x02
            bytes[at + 8] |= 0x80
        }
        try Data(bytes).write(to: URL(fileURLWithPath: raw))
        try await ffmpeg(["-fflags", "+genpts", "-r", "25", "-i", raw, "-c", "copy", path])
    }

    /// An even number of frames apart, so that all three have the same time from frame to frame.
    private static func joined(_ path: String) async throws {
        var bytes = Data()
        for (number, parameters) in ["keyint=16", "tff=1:keyint=16", "keyint=16"].enumerated() {
            let part = "\(path).\(number).ts"
            let woven = number == 1 ? "interlace=scan=tff,format=yuv420p,setfield=tff" : "fps=25,format=yuv420p"
            try await ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=50", "-vf", woven, "-frames:v", "\(Self.frames)", "-c:v",
                "libx264", "-preset", "veryfast", "-x264-params", parameters + ":bframes=2:threads=1",
                "-output_ts_offset", "\(1 + number * Self.frames / 25)", part,
            ])
            bytes += try Data(contentsOf: URL(fileURLWithPath: part))
        }
        try bytes.write(to: URL(fileURLWithPath: path))
    }
}
