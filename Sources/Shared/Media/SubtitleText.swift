internal import Foundation

/// A text subtitle, between the two forms that films have it in: SubRip's lines with tags, and 3GPP timed text (TS 26.245), which
/// is `mov_text` to libav. Bold, italic and underlined text stays so; fonts, sizes, colours and places are left out.
struct SubtitleText: Hashable {
    struct Face: OptionSet, Hashable {
        var rawValue: UInt8
        static let bold = Face(rawValue: 1)
        static let italic = Face(rawValue: 2)
        static let underlined = Face(rawValue: 4)
    }

    /// A run of characters (Unicode scalars) that look alike.
    struct Run: Hashable {
        var text: String
        var face: Face
    }

    private(set) var runs: [Run] = []

    var isEmpty: Bool { runs.allSatisfy { $0.text.allSatisfy(\.isWhitespace) } }

    private mutating func add(_ text: some StringProtocol, _ face: Face) {
        guard !text.isEmpty else { return }
        if let last = runs.last, last.face == face {
            runs[runs.count - 1].text += text
        } else {
            runs.append(Run(text: String(text), face: face))
        }
    }

    private static let tags: [(name: String, face: Face)] = [("b", .bold), ("i", .italic), ("u", .underlined)]
}

// MARK: SubRip

extension SubtitleText {
    init(subRip payload: Data) {
        var text = String(decoding: payload, as: UTF8.self).replacingOccurrences(of: "\r\n", with: "\n")
        while text.last?.isNewline == true || text.last == "\0" { text.removeLast() }
        var rest = Substring(text)
        var face: Face = []
        while let place = rest.firstIndex(where: { $0 == "<" || $0 == "{" }) {
            add(rest[..<place], face)
            rest = rest[place...]
            guard let tag = Self.tag(at: rest) else {
                add(rest.prefix(1), face)
                rest = rest.dropFirst()
                continue
            }
            if let known = Self.tags.first(where: { $0.name == tag.name }) {
                if tag.opens { face.insert(known.face) } else { face.remove(known.face) }
            }
            rest = rest.dropFirst(tag.length)
        }
        add(rest, face)
    }

    /// Characters. Damage makes texts of megabytes, full of brackets: the end of each is not looked for to the end of all.
    private static let longestTag = 400

    /// A tag that begins here, as `<i>`, `</i>`, `<font color="red">` or `{\an8}`; nil for what only looks like one.
    private static func tag(at text: Substring) -> (name: String, opens: Bool, length: Int)? {
        let isOverride = text.first == "{"
        let near = text.prefix(longestTag)
        guard let end = near.firstIndex(of: isOverride ? "}" : ">") else { return nil }
        let inner = text[text.index(after: text.startIndex)..<end]
        let length = text.distance(from: text.startIndex, to: end) + 1
        if isOverride { return inner.hasPrefix("\\") ? ("", true, length) : nil }
        let opens = !inner.hasPrefix("/")
        let name = inner.drop { $0 == "/" }.prefix { $0.isLetter }.lowercased()
        return ["b", "i", "u", "s", "font", "c", "v", "ruby", "rt"].contains(name) ? (name, opens, length) : nil
    }

    var subRip: Data {
        let text = runs.map { run in
            let tags = Self.tags.filter { run.face.contains($0.face) }
            return tags.map { "<\($0.name)>" }.joined() + run.text
                + tags.reversed().map { "</\($0.name)>" }.joined()
        }
        return Data(text.joined().utf8)
    }
}

// MARK: Timed text

extension SubtitleText {
    init(timedText payload: Data) {
        let bytes = [UInt8](payload)
        guard bytes.count >= 2 else { return }
        let length = min(Int(bytes[0]) << 8 | Int(bytes[1]), bytes.count - 2)
        let coded = Data(bytes[2..<2 + length])
        let isWide = coded.count >= 2 && coded[0] == 0xFE && coded[1] == 0xFF
        let text = isWide ? String(data: coded, encoding: .utf16) ?? "" : String(decoding: coded, as: UTF8.self)
        let scalars = Array(text.unicodeScalars)
        var faces = [Face](repeating: [], count: scalars.count)
        for style in Self.styles(bytes, from: 2 + length) {
            for index in style.range.clamped(to: 0..<scalars.count) { faces[index] = style.face }
        }
        for (scalar, face) in zip(scalars, faces) { add(String(scalar), face) }
    }

    /// The `styl` box that follows the text (ETSI TS 126 245 5.17.1.1): its entries stand in order and do not overlap.
    private static func styles(_ bytes: [UInt8], from start: Int) -> [(range: Range<Int>, face: Face)] {
        var at = start
        while at + 8 <= bytes.count {
            let size = number(bytes, at, 4)
            guard size >= 8, size <= bytes.count - at else { return [] }
            if bytes[at + 4..<at + 8].elementsEqual("styl".utf8), size >= 10 {
                return entries(bytes, of: at..<at + size)
            }
            at += size
        }
        return []
    }

    private static func entries(_ bytes: [UInt8], of box: Range<Int>) -> [(range: Range<Int>, face: Face)] {
        var found: [(range: Range<Int>, face: Face)] = []
        let places = stride(from: box.lowerBound + 10, through: box.upperBound - 12, by: 12)
        for entry in places.prefix(number(bytes, box.lowerBound + 8, 2)) {
            let (first, end) = (number(bytes, entry, 2), number(bytes, entry + 2, 2))
            guard first < end, first >= found.last?.range.upperBound ?? 0 else { continue }
            found.append((first..<end, Face(rawValue: bytes[entry + 6] & 7)))
        }
        return found
    }

    private static func number(_ bytes: [UInt8], _ place: Int, _ count: Int) -> Int {
        bytes[place..<place + count].reduce(0) { $0 << 8 | Int($1) }
    }

    var timedText: Data {
        let text = Data(runs.map(\.text).joined().utf8).prefix(Int(UInt16.max))
        var data = Data()
        data.append(big: UInt16(text.count))
        data.append(text)
        var (place, styles) = (0, Data())
        var count: UInt16 = 0
        for run in runs {
            let end = place + run.text.unicodeScalars.count
            if !run.face.isEmpty, end <= Int(UInt16.max) {
                styles.append(big: UInt16(place))
                styles.append(big: UInt16(end))
                // Font 1 in size 18 and white, as `defaultDescription` has it.
                styles.append(contentsOf: [0, 1, run.face.rawValue, 18, 255, 255, 255, 255])
                count += 1
            }
            place = end
        }
        guard count > 0 else { return data }
        data.append(big: UInt32(styles.count + 10))
        data.append(contentsOf: "styl".utf8)
        data.append(big: count)
        data.append(styles)
        return data
    }

    /// The sample description's fields after its header (TS 26.245 5.16): white text in one font at the lower edge.
    static let defaultDescription: Data = {
        var data = Data([0, 0, 0, 0, 1, 0xFF, 0, 0, 0, 0])  // no flags; centred, at the bottom; clear background
        data.append(contentsOf: [UInt8](repeating: 0, count: 8))  // the whole box
        data.append(contentsOf: [0, 0, 0, 0, 0, 1, 0, 18, 255, 255, 255, 255])  // font 1, size 18, white
        data.append(contentsOf: [0, 0, 0, 18] + Array("ftab".utf8) + [0, 1, 0, 1, 5] + Array("Serif".utf8))
        return data
    }()
}
