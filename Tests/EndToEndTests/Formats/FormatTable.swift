/// docs/formats.md: which films come out as they went in.
struct FormatTable {
    private(set) var results: [FormatResult] = []
    private var notes: [String] = []

    mutating func add(_ result: FormatResult) { results.append(result) }

    /// "yes", with the numbers of notes; "no" where there is no film, or a wrong one; "–" where no tool makes such a source.
    mutating func markdown(of output: String) -> String {
        let features = SourceFormat.Feature.allCases
        var lines = [
            "| container | codec | " + features.map(\.rawValue).joined(separator: " | ") + " |",
            "|---|---|" + features.map { _ in "---|" }.joined(),
        ]
        for container in SourceFormat.Container.allCases {
            for codec in SourceFormat.Codec.allCases {
                let cells = features.map { feature in
                    cell(of: SourceFormat(container: container, codec: codec, feature: feature), output)
                }
                if cells.allSatisfy({ $0 == "–" }) { continue }
                lines.append("| \(container) | \(codec) | " + cells.joined(separator: " | ") + " |")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The notes that cells name, a line each.
    var footnotes: String { notes.enumerated().map { "\($0 + 1). \($1)\n" }.joined() }

    private mutating func cell(of format: SourceFormat, _ output: String) -> String {
        guard let result = results.first(where: { $0.format == format && $0.output == output }) else { return "–" }
        let said = (result.warnings + (result.refusal.map { [$0] } ?? [])).map(Self.note)
        let isFilm = result.refusal == nil && result.faults.isEmpty
        let numbers = Set(said.map { number(of: $0) }).sorted().map(String.init).joined(separator: " ")
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
    }
}
