/// The films that tests are made with: 96x64, each frame different, made by the ffmpeg command line.
public enum FilmKind: String, CaseIterable, Sendable {
    case x264Closed, x264OpenMKV, x264OpenMP4, x264OpenTS, x264Pyramid, x264OneKeyframe, x264IntraRefresh,
        x264Interlaced
    case x265OpenMKV, x265OpenMP4, x265OpenTS, x265CRAStart, x265TenBit
    case variableRateMKV, variableRateMP4
    case mpeg2MKV, mpeg2TS, mpeg2PS, mpeg4MKV, mpeg4AVI
    case editList, audioPriming, negativeDTS
    case vp8, vp9, av1
    /// No packet has a pts: to be indexed by decoding.
    case x264AVI
    /// Every packet a keyframe.
    case ffv1

    /// Frames put into the encoder.
    public static let frames = 100

    public var fileName: String { "\(rawValue).\(fileExtension)" }

    private var fileExtension: String {
        switch self {
        case .x264OpenMP4, .x265OpenMP4, .editList, .audioPriming, .negativeDTS, .variableRateMP4: "mp4"
        case .x264OpenTS, .x265OpenTS, .mpeg2TS: "ts"
        case .mpeg2PS: "mpg"
        case .mpeg4AVI, .x264AVI: "avi"
        default: "mkv"
        }
    }

    public var filter: String {
        let source = "testsrc2=size=96x64:rate=24,noise=alls=20:allf=t:all_seed=7"
        switch self {
        case .variableRateMKV, .variableRateMP4:
            return source + ",settb=1/1000,setpts='N*40+mod(N*N,17)',format=yuv420p"
        case .x265TenBit: return source + ",format=yuv422p10"
        default: return source + ",format=yuv420p"
        }
    }

    var encoder: [String] {
        switch self {
        case .x264Closed, .x264AVI: x264("keyint=24:scenecut=0:bframes=3")
        case .x264OpenMKV, .x264OpenMP4, .x264OpenTS:
            x264("open-gop=1:keyint=24:min-keyint=24:scenecut=0:bframes=4:b-adapt=0")
        case .x264Pyramid: x264("keyint=48:bframes=7:b-adapt=0:b-pyramid=normal:ref=4:open-gop=1")
        case .x264OneKeyframe: x264("keyint=infinite:scenecut=0:bframes=3")
        case .x264IntraRefresh: x264("intra-refresh=1:keyint=24:bframes=0")
        case .x264Interlaced: x264("interlaced=1:tff=1:keyint=24:open-gop=1:bframes=3")
        case .x265OpenMKV, .x265OpenMP4, .x265OpenTS:
            x265("open-gop=1:keyint=24:min-keyint=24:scenecut=0:bframes=4:b-adapt=0")
        case .x265TenBit: x265("open-gop=0:keyint=30:bframes=3")
        case .variableRateMKV, .variableRateMP4:
            x264("open-gop=1:keyint=24:bframes=3") + ["-fps_mode", "passthrough", "-enc_time_base", "-1"]
        case .mpeg2MKV, .mpeg2TS, .mpeg2PS: ["-c:v", "mpeg2video", "-bf", "2", "-g", "12", "-q:v", "4"]
        case .mpeg4MKV, .mpeg4AVI: ["-c:v", "mpeg4", "-bf", "2", "-g", "15", "-q:v", "4"]
        case .audioPriming: x264("keyint=24:bframes=3") + ["-c:a", "aac", "-shortest"]
        case .negativeDTS: x264("keyint=24:bframes=3") + ["-movflags", "+negative_cts_offsets"]
        case .vp8:
            [
                "-c:v", "libvpx", "-cpu-used", "2", "-b:v", "100k", "-g", "60", "-auto-alt-ref", "1", "-lag-in-frames",
                "16",
            ]
        case .vp9:
            [
                "-c:v", "libvpx-vp9", "-deadline", "good", "-cpu-used", "8", "-g", "30", "-auto-alt-ref", "1",
                "-lag-in-frames", "16",
            ]
        case .av1: ["-c:v", "libsvtav1", "-preset", "12", "-g", "30"]
        case .ffv1: ["-c:v", "ffv1"]
        case .editList, .x265CRAStart: []
        }
    }

    private func x264(_ parameters: String) -> [String] {
        ["-c:v", "libx264", "-preset", "veryfast", "-threads", "1", "-x264-params", parameters]
    }

    private func x265(_ parameters: String) -> [String] {
        ["-c:v", "libx265", "-preset", "fast", "-x265-params", "log-level=error:frame-threads=1:" + parameters]
    }
}
