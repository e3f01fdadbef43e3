internal import CLibAV
internal import CX265

/// The libraries that this build runs with.
public enum MediaRuntime {
    /// Their versions by their names. libx264 and libsvtav1 tell theirs to nobody who asks through libav.
    public static let versions: [String: String] = {
        var versions = ["libavcodec": text(avcodec_version()), "libavformat": text(avformat_version())]
        if let version = x265_shim_api(8)?.pointee.version_str { versions["libx265"] = String(cString: version) }
        return versions
    }()

    /// libav packs a version into three bytes.
    private static func text(_ packed: UInt32) -> String {
        "\(packed >> 16).\(packed >> 8 & 0xFF).\(packed & 0xFF)"
    }
}
