import Foundation
import TestSupport
import Testing

/// Films of every kind that Debian's tools make, through a farm, judged by ffprobe, ffmpeg, mkvmerge, mediainfo and
/// `coordinator verify`. `make formats` runs all of them and writes the tables of docs/formats.md.
@Suite struct FormatsTests {
    /// `all`, or `some` (as with nil), for the tables; or words that the kinds of film to try must have in their names.
    private static let asked = ProcessInfo.processInfo.environment["UPSCALE_FARM_FORMATS"]

    @Test func filmsComeOutAsTheyWentIn() async throws {
        let results = try await Gate.shared.pass { try await Self.results(of: Self.formats) }
        for result in results {
            #expect(result.faults.isEmpty && result.refusal == nil, "\(result)")
        }
        switch Self.asked {
        case nil: #expect(results.count == SourceFormat.some.count, "tools that made these films do not any more")
        case "all", "some": try Self.write(results)
        default: print(results.map(\.description).sorted().joined(separator: "\n"))
        }
    }

    private static var formats: [SourceFormat] {
        guard let asked, asked != "some" else { return SourceFormat.some }
        let words = asked == "all" ? [] : asked.split(separator: " ")
        return SourceFormat.all.filter { format in words.allSatisfy { "\(format)".contains($0) } }
    }

    /// Three at a time: while one is prepared or judged, another is upscaled.
    private static func results(of formats: [SourceFormat]) async throws -> [FormatResult] {
        let run = try await FormatRun.open()
        var results: [FormatResult] = []
        try await withThrowingTaskGroup(of: [FormatResult].self) { group in
            var waiting = formats.enumerated().makeIterator()
            func next() {
                guard let (number, format) = waiting.next() else { return }
                group.addTask { try await run.results(of: format, as: outputs(of: format, number)) }
            }
            for _ in 0..<3 { next() }
            for try await some in group {
                results += some
                next()
            }
        }
        return results
    }

    private static func outputs(of format: SourceFormat, _ number: Int) -> [String] {
        let all = ["mkv", "mp4", "mov", "webm"]
        if asked == nil || asked == "some" { return [all[number % all.count]] }
        return [.h264, .vp9].contains(format.codec) ? all : Array(all.prefix(2))
    }

    private static func write(_ results: [FormatResult]) throws {
        let path = URL(fileURLWithPath: FileManager.default.currentDirectoryPath + "/docs/formats.md")
        let old = try String(contentsOf: path, encoding: .utf8)
        var table = FormatTable(results, of: formats)
        let introduction = old.components(separatedBy: "## To .")[0]
        try Data(table.page(introduction).utf8).write(to: path)
    }
}
