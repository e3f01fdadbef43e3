public import FarmModel

/// What a film's pictures are from a time on. Recordings, and films that were strung together, change on the way.
public struct FormatMark: Codable, Hashable, Sendable {
    /// When the first such picture is shown, in the stream's time base.
    public var timestamp: Int64
    /// Colour as the codec's headers say it: a container tells only of the film's beginning.
    public var picture: PictureFormat
    /// Of one sample; 1:1 where nothing is said, and where the container's own counts.
    public var sampleAspectRatio: Rational

    public init(timestamp: Int64, picture: PictureFormat, sampleAspectRatio: Rational) {
        self.timestamp = timestamp
        self.picture = picture
        self.sampleAspectRatio = sampleAspectRatio
    }
}
