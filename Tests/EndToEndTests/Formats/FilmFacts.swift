import Foundation
import TestSupport

/// What ffprobe says of a film.
struct FilmFacts: Decodable, Sendable {
    struct Stream: Decodable, Sendable {
        var index: Int
        var codecName: String?
        var codecType: String?
        var width: Int?
        var height: Int?
        var pixFmt: String?
        var sampleAspectRatio: String?
        var fieldOrder: String?
        var colorSpace: String?
        var colorTransfer: String?
        var colorPrimaries: String?
        var sideDataList: [SideData]?
        var tags: [String: String]?
        var disposition: [String: Int]?

        var isCover: Bool { disposition?["attached_pic"] == 1 }
        /// By the code that terms of the language itself are made of (ISO 639-2/T): containers have either.
        var language: String? {
            tags?["language"].flatMap { ["und": nil, "ger": "deu", "fre": "fra"][$0] ?? $0 }
        }
        var rotation: Int? { sideDataList?.compactMap(\.rotation).first }
        var hasMasteringDisplay: Bool {
            sideDataList?.contains { $0.sideDataType?.contains("Mastering") == true } ?? false
        }
        var lightLevels: [Int]? {
            sideDataList?.first { $0.maxContent != nil }.flatMap { [$0.maxContent ?? 0, $0.maxAverage ?? 0] }
        }
    }

    struct SideData: Decodable, Sendable {
        var sideDataType: String?
        var rotation: Int?
        var maxContent: Int?
        var maxAverage: Int?
    }

    struct Chapter: Decodable, Sendable {
        var startTime: String
        var tags: [String: String]?
    }

    struct Format: Decodable, Sendable {
        var tags: [String: String]?
    }

    struct Packet: Decodable, Sendable {
        var ptsTime: String?
    }

    var streams: [Stream]
    var chapters: [Chapter]
    var format: Format
    var packets: [Packet]
    /// Seconds, ascending: of the pictures.
    var times: [Double] { packets.compactMap { $0.ptsTime.flatMap(Double.init) }.sorted() }

    var video: Stream? { streams.first { $0.codecType == "video" && !$0.isCover } }
    var title: String? { format.tags?.first { $0.key.lowercased() == "title" }?.value }

    func streams(_ kind: String) -> [Stream] { streams.filter { $0.codecType == kind && !$0.isCover } }
    /// Attachments and covers.
    var besides: [Stream] { streams.filter { $0.codecType == "attachment" || $0.isCover } }

    static func read(_ film: String) async throws -> FilmFacts {
        let output = try await run(
            "ffprobe",
            [
                "-v", "error", "-show_streams", "-show_chapters", "-show_format", "-select_streams", "V:0",
                "-show_entries", "packet=pts_time", "-of", "json", film,
            ])
        var facts = try decoder.decode(FilmFacts.self, from: output)
        // ffprobe's selection of packets is one of streams, too.
        let all = try await run(
            "ffprobe", ["-v", "error", "-show_streams", "-show_chapters", "-show_format", "-of", "json", film])
        facts.streams = try decoder.decode(Streams.self, from: all).streams
        return facts
    }

    static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }

    private struct Streams: Decodable { var streams: [Stream] }
}

/// What mkvmerge says of a film.
struct MergeFacts: Decodable, Sendable {
    struct Container: Decodable, Sendable {
        var recognized: Bool
        var supported: Bool
    }
    struct Track: Decodable, Sendable {
        var type: String
        var codec: String
    }
    struct Chapters: Decodable, Sendable { var numEntries: Int }
    struct Attachment: Decodable, Sendable {
        var fileName: String
        var size: Int
    }

    var container: Container
    var tracks: [Track]
    var chapters: [Chapters]
    var attachments: [Attachment]
    var warnings: [String]
    var errors: [String]

    static func read(_ film: String) async throws -> MergeFacts {
        try FilmFacts.decoder.decode(MergeFacts.self, from: try await run("mkvmerge", ["-J", film]))
    }
}

/// What mediainfo says of a film: its tracks by kind, fields by name.
struct MediaInfoFacts: Sendable {
    private var tracks: [[String: String]]

    func tracks(_ kind: String) -> [[String: String]] { tracks.filter { $0["@type"] == kind } }
    func field(_ name: String) -> String? { tracks("Video").first?[name] }

    static func read(_ film: String) async throws -> MediaInfoFacts {
        let output = try await run("mediainfo", ["--Output=JSON", film])
        let object = try JSONSerialization.jsonObject(with: output) as? [String: Any]
        let tracks = (object?["media"] as? [String: Any])?["track"] as? [[String: Any]] ?? []
        return MediaInfoFacts(tracks: tracks.map { $0.compactMapValues { $0 as? String } })
    }
}
