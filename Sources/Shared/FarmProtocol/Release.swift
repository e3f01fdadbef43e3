/// Which release this is.
public enum Release {
    public static let version = "0.3.0"

    /// What `--version` says: two programs work together when they speak the same protocol.
    public static let text = "\(version) (protocol \(Wire.version))"
}
