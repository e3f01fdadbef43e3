public import FarmModel

/// How many pictures of a film's sample are interlaced, as the stream flags them and as their contents look.
public struct FieldScan: Codable, Hashable, Sendable {
    public struct Count: Codable, Hashable, Sendable {
        public var topFirst = 0
        public var bottomFirst = 0
        public var progressive = 0
        /// Of contents: stills look alike either way.
        public var undecided = 0

        public init(topFirst: Int = 0, bottomFirst: Int = 0, progressive: Int = 0, undecided: Int = 0) {
            self.topFirst = topFirst
            self.bottomFirst = bottomFirst
            self.progressive = progressive
            self.undecided = undecided
        }

        var interlaced: Int { topFirst + bottomFirst }
        var decided: Int { interlaced + progressive }
        var total: Int { decided + undecided }
    }

    public var flags: Count
    /// As libavfilter's idet sees them.
    public var contents: Count
    /// Pictures in which lines of two moments alternate.
    public var combed: Int

    public init(flags: Count, contents: Count, combed: Int) {
        self.flags = flags
        self.contents = contents
        self.combed = combed
    }

    /// What a job does, unless its user forbids it. Contents count where they are clear, for flags lie in both ways:
    /// progressive films in interlaced streams are common, and so are interlaced ones that some program encoded as
    /// progressive. Against flags that say "progressive", combs must be seen too: fine patterns in fast motion look like
    /// fields to idet.
    public var deinterlacing: Deinterlacing? {
        let (strong, weak) = (
            max(contents.topFirst, contents.bottomFirst), min(contents.topFirst, contents.bottomFirst)
        )
        let isFlagged = 2 * flags.interlaced >= max(1, flags.total)
        let byContents: Deinterlacing = contents.topFirst >= contents.bottomFirst ? .topFirst : .bottomFirst
        let isClear = strong >= 8 && weak * 8 <= strong
        if isClear, isFlagged, 4 * strong >= contents.decided {
            return agreesOnOrder ? .flagged : byContents
        }
        if isClear, combed >= 3, 10 * combed >= contents.total { return byContents }
        if contents.progressive >= 12, 20 * contents.interlaced <= contents.progressive { return nil }
        return flags.interlaced > 0 ? .flagged : nil
    }

    private var agreesOnOrder: Bool {
        (flags.topFirst >= flags.bottomFirst) == (contents.topFirst >= contents.bottomFirst)
    }
}
