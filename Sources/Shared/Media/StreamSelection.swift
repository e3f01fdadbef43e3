/// Which streams of a film are taken: what `--map` says.
///
/// Items with commas between: a stream's index (`2`), a kind (`v`, `a`, `s`, `d` for video, audio, subtitles, data; `t` for
/// attachments and covers), the n-th of a kind (`a:1`), those of a language (`s:eng`); `-` in front leaves them out. The first
/// video that is named is upscaled. Where the first item leaves something out, everything else is taken.
public struct StreamSelection: Hashable, Sendable {
    /// What of a stream a selection looks at.
    public struct Candidate: Hashable, Sendable {
        public var index: Int
        public var kind: FilmDescription.Stream.Kind
        /// A cover, which counts as an attachment.
        public var isCover: Bool
        public var language: String?
        /// The video that would be upscaled without a selection.
        public var isBest: Bool

        public init(
            index: Int, kind: FilmDescription.Stream.Kind, isCover: Bool = false, language: String? = nil,
            isBest: Bool = false
        ) {
            (self.index, self.kind, self.isCover) = (index, kind, isCover)
            (self.language, self.isBest) = (language, isBest)
        }

        fileprivate var letter: Character {
            switch kind {
            case _ where isCover: "t"
            case .video: "v"
            case .audio: "a"
            case .subtitle: "s"
            case .attachment: "t"
            case .data, .unknown: "d"
            }
        }
    }

    /// What was taken: indexes of all streams, the pictures' among them.
    public struct Choice: Hashable, Sendable {
        public var video: Int
        public var streams: Set<Int>
    }

    public let text: String
    private let items: [Item]

    private struct Item: Hashable {
        enum What: Hashable {
            case index(Int)
            case kind(Character)
            case number(Character, Int)
            case language(Character, String)
        }

        var what: What
        var leavesOut: Bool
        var text: String
    }

    /// - Throws: `MediaError` of kind `settings` where `text` is no selection.
    public init(_ text: String) throws {
        self.text = text
        items = try text.split(separator: ",", omittingEmptySubsequences: false).map { item in
            let leavesOut = item.first == "-"
            guard let what = Self.parse(leavesOut ? item.dropFirst() : item) else {
                throw MediaError(
                    .settings,
                    "--map \(text): '\(item)' names no streams; give indexes, or v, a, s, d, t with :NUMBER or :LANGUAGE, with commas between"
                )
            }
            return Item(what: what, leavesOut: leavesOut, text: String(item))
        }
    }

    private static func parse(_ item: Substring) -> Item.What? {
        if let index = Int(item), index >= 0 { return .index(index) }
        guard let letter = item.first, "vasdt".contains(letter) else { return nil }
        let rest = item.dropFirst()
        if rest.isEmpty { return .kind(letter) }
        guard rest.first == ":", rest.count > 1 else { return nil }
        if let number = Int(rest.dropFirst()) { return number >= 0 ? .number(letter, number) : nil }
        return .language(letter, String(rest.dropFirst()))
    }

    /// - Throws: `MediaError` of kind `settings` where an item names nothing, or no video is left.
    public func choose(from all: [Candidate], of film: String) throws -> Choice {
        var taken: Set<Int> = items.first?.leavesOut == true ? Set(all.map(\.index)) : []
        var video: Int?
        for item in items {
            let found = Self.find(item.what, in: all)
            guard !found.isEmpty else {
                throw MediaError(.settings, "--map \(text): \(film) has no stream that '\(item.text)' names")
            }
            if item.leavesOut {
                taken.subtract(found.map(\.index))
            } else {
                taken.formUnion(found.map(\.index))
                video = video ?? Self.video(in: found)
            }
        }
        let left = all.filter { taken.contains($0.index) }
        if let named = video, !taken.contains(named) { video = nil }
        guard let video = video ?? Self.video(in: left) else {
            throw MediaError(.settings, "--map \(text) takes no video of \(film): there is nothing to upscale")
        }
        return Choice(video: video, streams: taken)
    }

    private static func video(in streams: [Candidate]) -> Int? {
        let videos = streams.filter { $0.letter == "v" }
        return (videos.first(where: \.isBest) ?? videos.first)?.index
    }

    private static func find(_ what: Item.What, in all: [Candidate]) -> [Candidate] {
        switch what {
        case .index(let index): return all.filter { $0.index == index }
        case .kind(let letter): return all.filter { $0.letter == letter }
        case .number(let letter, let number):
            let alike = all.filter { $0.letter == letter }
            return alike.indices.contains(number) ? [alike[number]] : []
        case .language(let letter, let language):
            return all.filter { $0.letter == letter && $0.language == language }
        }
    }
}

extension StreamSelection: Codable {
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
