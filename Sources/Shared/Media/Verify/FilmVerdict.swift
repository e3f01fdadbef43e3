/// What a comparison of a film with its source found.
public struct FilmVerdict: Codable, Hashable, Sendable {
    /// What must not be, a line each: pictures or packets that are missing, others' or elsewhere.
    public var differences: [String] = []
    /// What is said of them in other words than in the source, or no longer although the film's container could hold it, a line each: tags,
    /// flags, chapters, colours, shape.
    public var changes: [String] = []
    /// What the source has and the film's container has no place for, a line each.
    public var losses: [String] = []
    /// Pictures of the film.
    public var frames = 0
    /// Streams beside the pictures that were compared packet by packet.
    public var streams = 0
    /// Whether pictures were looked at, and not only their packets.
    public var isDecoded = false

    /// The film is what its source was, only larger; but for what its container has no place for.
    public var isSame: Bool { differences.isEmpty && changes.isEmpty }
}

extension FilmVerdict {
    /// Differences of one kind that are told one by one; the rest is counted.
    static let told = 5

    /// Adds lines of one kind, the first few of many.
    mutating func add(_ lines: [String], of what: String) {
        differences += lines.prefix(Self.told)
        if lines.count > Self.told { differences.append("and \(lines.count - Self.told) more: \(what)") }
    }
}
