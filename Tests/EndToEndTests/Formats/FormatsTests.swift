import Foundation
import TestSupport
import Testing

/// Films of every kind that Debian's tools make, through a farm, judged by ffprobe, ffmpeg, mkvmerge, mediainfo and `coordinator verify`.
/// `make formats` runs all of them and writes docs/formats.md.
@Suite struct FormatsTests {
    /// `all`, or words that the kinds of film to try must have in their names.
    private static let asked = ProcessInfo.processInfo.environment["UPSCALE_FARM_FORMATS"]
    private static let isWhole = asked != nil

    private static var formats: [SourceFormat] {
        guard let asked, asked != "all" else { return isWhole ? SourceFormat.all : SourceFormat.some }
        return SourceFormat.all.filter { format in
            asked.split(separator: " ").allSatisfy { "\(format)".contains($0) }
        }
    }

    @Test func filmsComeOutAsTheyWentIn() async throws {
        let run = try await FormatRun.open()
        let formats = Self.formats
        var results: [FormatResult] = []
        try await withThrowingTaskGroup(of: [FormatResult].self) { group in
            var waiting = formats.enumerated().makeIterator()
            func next() {
                guard let (number, format) = waiting.next() else { return }
                group.addTask { try await Self.results(of: format, number, run) }
            }
            for _ in 0..<3 { next() }
            for try await some in group {
                results += some
                next()
            }
        }
        if Self.asked == nil { #expect(results.count >= 30, "few films could be made: \(results.count)") }
        for result in results {
            #expect(result.faults.isEmpty && result.refusal == nil, "\(result)")
        }
        try Self.report(results)
    }

    private static func results(of format: SourceFormat, _ number: Int, _ run: FormatRun) async throws -> [FormatResult] {
        guard let path = try await format.make(in: run.folder) else { return [] }
        let outputs = isWhole ? ["mkv", "mp4", "mov", "webm"] : [["mkv", "mp4", "mov", "webm"][number % 4]]
        var results: [FormatResult] = []
        for output in outputs { results.append(try await run.result(of: format, at: path, as: output)) }
        for name in try FileManager.default.contentsOfDirectory(atPath: run.folder) where name.hasPrefix(format.fileName) {
            try FileManager.default.removeItem(atPath: run.folder + "/" + name)
        }
        return results
    }

    private static func report(_ results: [FormatResult]) throws {
        let text = results.map { "\($0.format) -> \($0.output): \($0.refusal ?? "") \($0.faults) \($0.warnings)" }
        print(text.sorted().joined(separator: "\n"))
    }
}
