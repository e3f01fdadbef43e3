import Foundation

/// docs/formats.md: which films come out as they went in.
struct FormatTable {
    let results: [FormatResult]
    /// What was to be made; of all else the tables say nothing.
    private let tried: Set<SourceFormat>
    private var notes: [String] = []

    init(_ results: [FormatResult], of tried: [SourceFormat]) {
        (self.results, self.tried) = (results, Set(tried))
    }

    /// The page, around what its author wrote by hand above the first table.
    mutating func page(_ introduction: String) -> String {
        let outputs = ["mkv", "mp4", "mov", "webm"].filter { output in results.contains { $0.output == output } }
        let tables = outputs.map { "## To .\($0)\n\n\(markdown(of: $0))" }.joined(separator: "\n")
        let notes = notes.enumerated().map { "\($0 + 1). \($1)\n" }.joined()
        return introduction + tables + "\n## What was said\n\n" + notes
    }

    /// "yes", with the numbers of notes; "no" where there is no film, or a wrong one; "–" where no tool makes such a source; nothing where none was tried.
    private mutating func markdown(of output: String) -> String {
        let features = SourceFormat.Feature.allCases
        var lines = [
            "| from | codec | " + features.map(\.rawValue).joined(separator: " | ") + " |",
            "|---|---|" + features.map { _ in "---|" }.joined(),
        ]
        for container in SourceFormat.Container.allCases {
            for codec in SourceFormat.Codec.allCases {
                let cells = features.map { cell(SourceFormat(container: container, codec: codec, feature: $0), output) }
                if cells.allSatisfy({ ["–", ""].contains($0) }) { continue }
                lines.append("| \(container) | \(codec) | " + cells.joined(separator: " | ") + " |")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private mutating func cell(_ format: SourceFormat, _ output: String) -> String {
        guard let result = results.first(where: { $0.format == format && $0.output == output }) else {
            let isMade = results.contains { $0.format == format }
            return tried.contains(format) && !isMade ? "–" : ""
        }
        let said = result.warnings + [result.refusal].compactMap { $0 }
        let numbers = Set(said.map { number(of: Self.note($0)) }).sorted().map(String.init).joined(separator: " ")
        let isFilm = result.refusal == nil && result.faults.isEmpty
        return (isFilm ? "yes" : "no") + (numbers.isEmpty ? "" : " (\(numbers))")
    }

    private mutating func number(of note: String) -> Int {
        if let known = notes.firstIndex(of: note) { return known + 1 }
        notes.append(note)
        return notes.count
    }

    /// A warning without what differs from film to film.
    private static func note(_ warning: String) -> String {
        warning.replacing(#/stream \d+ /#, with: "a stream ").replacing(#/\d+ of \d+ frames/#, with: "some frames")
            .replacing(#/, (eng|deu|fra|ger|fre)\)/#, with: ")")
    }
}
