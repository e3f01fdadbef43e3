internal import FarmModel
internal import Media

/// What encodes in a benchmark.
public struct BenchEncoding: Sendable {
    /// libav's name; nil: x265.
    public var encoder: String?
    /// nil: x265's is `fast`, any other's its default.
    public var preset: String?

    public init(encoder: String? = nil, preset: String? = nil) {
        self.encoder = encoder
        self.preset = preset
    }

    func apply(to settings: inout JobSettings) throws {
        settings.preset = preset ?? (encoder == nil || encoder == "libx265" ? "fast" : nil)
        guard let encoder else { return }
        guard let found = EncoderCatalog.encoder(named: encoder) else {
            throw MediaError(.settings, "unknown encoder \(encoder)")
        }
        (settings.encoder, settings.codec) = (encoder, found.codec)
    }
}
