internal import CLibAV
internal import FarmModel
internal import Foundation

/// Tags that say something of a film, by their names in small letters.
enum FilmTags {
    static func of(_ dictionary: OpaquePointer?) -> [String: String] {
        var result: [String: String] = [:]
        for (key, value) in Media.tags(dictionary) where !isOfTheFile(key.lowercased()) {
            result[key.lowercased()] = value
        }
        return result
    }

    /// What muxers write by themselves, what says how the source was stored, and what was counted of its packets.
    static func isOfTheFile(_ key: String) -> Bool {
        let plain = key.split(separator: "-").first.map(String.init) ?? key
        return key.hasPrefix("_statistics_") || ofTheFile.contains(key) || ofTheFile.contains(plain)
    }

    /// Whether two values of a tag mean the same: muxers write languages and times in their own way.
    static func says(_ other: String, what value: String, of key: String) -> Bool {
        switch key {
        case _ where other == value: true
        case "language": LanguageCode.other(value) == other
        // MP4 has whole seconds.
        case "creation_time":
            instant(value).flatMap { one in instant(other).map { abs($0.timeIntervalSince(one)) < 1 } } ?? false
        default: false
        }
    }

    /// AVI says `2008-03-09 12:30:05`.
    private static func instant(_ text: String) -> Date? {
        let whole = text.replacingOccurrences(of: " ", with: "T") + (text.hasSuffix("Z") ? "" : "Z")
        return try? Date(whole, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains(".")))
    }

    /// Whether Matroska has a place for it under that name: libav's muxer keeps some for itself, and writes ones with spaces, with a language
    /// behind them and some others in its own way.
    static func isHeldByMatroska(_ key: String) -> Bool {
        !key.contains(" ") && !withoutPlace.contains(key) && key.wholeMatch(of: /.*-[a-z]{2,3}/) == nil
    }

    private static let withoutPlace: Set = [
        "creation_time", "encoding_tool", "stereo_mode", "alpha_mode", "rotate", "part_number", "lead_performer",
    ]

    private static let ofTheFile: Set = [
        "major_brand", "minor_version", "compatible_brands", "encoder", "encoder_options", "duration", "handler_name",
        "vendor_id", "bps", "number_of_frames", "number_of_bytes", "software",
    ]
}
