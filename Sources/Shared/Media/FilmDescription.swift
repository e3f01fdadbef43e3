public import FarmModel

/// What a film holds: what `coordinator probe` prints, and what a job is made from.
public struct FilmDescription: Codable, Hashable, Sendable {
    public struct Stream: Codable, Hashable, Sendable {
        public enum Kind: String, Codable, Hashable, Sendable {
            case video, audio, subtitle, attachment, data, unknown
        }

        public var index: Int
        public var kind: Kind
        /// libavcodec's name of the codec; `none` where unknown.
        public var codec: String
        /// ISO 639-2 code, as the container gives it.
        public var language: String?
        public var title: String?
        public var tags: [String: String]
        /// libav's names: `default`, `forced`, `attached_pic`, …
        public var dispositions: [String]
        public var timeBase: Rational
        /// Seconds.
        public var start: Double?
        public var duration: Double?
        /// Bits per second, where the container or the codec's headers tell.
        public var bitRate: Int64?
        /// Of video: samples, before `sampleAspectRatio`.
        public var width: Int?
        public var height: Int?
        public var sampleAspectRatio: Rational?
        public var frameRate: Rational?
        public var pixelFormat: String?
        /// Of audio: hertz.
        public var sampleRate: Int?
        public var channels: Int?
    }

    public var path: String
    /// libavformat's name of the container, such as `matroska,webm`.
    public var container: String
    public var tags: [String: String]
    /// Seconds; nil where the container does not tell.
    public var duration: Double?
    public var start: Double?
    /// Bytes.
    public var size: Int64
    public var streams: [Stream]
    public var chapters: Int
    /// Index of the stream to upscale.
    public var videoIndex: Int
    /// That stream, as decoders are given it.
    public var video: VideoStream
    /// Its decoded pictures. Containers may lie or say nothing: this is what the first decodable picture has.
    public var picture: PictureFormat
    /// Whether the container says of what shape samples are: what the codec says then does not count.
    public var saysAspect = false
    /// Whether its pictures are made of two fields; nil where that cannot be.
    public var fields: FieldScan?
    /// How they must be turned to be seen upright, where the container says so.
    public var orientation: Orientation?
    public var hdr: StaticHDR?
    /// What else its pictures carry, as far as those looked at tell.
    public var hasCaptions = false
    public var hasDynamicHDR = false
    /// nil: the film has none.
    public var dolbyVision: DolbyVision?

    /// An enhancement of the pictures, which this project cannot enlarge.
    public struct DolbyVision: Codable, Hashable, Sendable {
        /// nil where the container does not tell.
        public var profile: Int?
        /// Whether the pictures can be shown without it: those of profile 5 cannot, their colours are other ones.
        public var hasBaseLayer: Bool
    }

    /// File names or titles of attachments such as fonts.
    public var attachments: [String] {
        streams.filter { $0.kind == .attachment }.map { $0.tags["filename"] ?? $0.title ?? $0.codec }
    }
}
