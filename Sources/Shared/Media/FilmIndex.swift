public import FarmModel

/// A film taken apart: its frame table, and its video packets in a packet store (one packet file that holds them all).
public struct FilmIndex: Sendable {
    public var table: FrameTable
    /// The video, as decoders are given it; also in the store's header.
    public var stream: VideoStream
    /// What its pictures are: from the first one on, and from where they change; none where only decoding tells.
    public var formats: [FormatMark]
    /// Frames per second, where the times had to be found out, and are even: the container's own word may then be far off.
    public var foundRate: Rational?
    /// The packet store.
    public var storePath: String
    /// What was wrong with the film without making it useless; a line each.
    public var warnings: [String]
}
