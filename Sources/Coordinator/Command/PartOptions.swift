import ArgumentParser

/// Which part of a film is meant. All is read unconditionally.
struct PartOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: "Where to begin, in the film's time: seconds, or H:MM:SS.mmm. To the frame.")
    var from: FilmTime?

    @Option(parsing: .unconditional, help: "Where to end: the first frame that is not taken.")
    var to: FilmTime?

    // A selection may begin with a dash.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Which streams to take; by default all. Indexes, or v, a, s, d (data), t (attachments), with :NUMBER or :LANGUAGE, with commas between; - in front leaves them out. The first video is upscaled, others are copied.",
            valueName: "streams"))
    var map: String?
}

/// A time in a film, as people write it: `95.5`, `1:35.5`, `0:01:35.5`.
struct FilmTime: ExpressibleByArgument, Hashable {
    var seconds: Double

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count) else { return nil }
        var seconds = 0.0
        for (place, part) in parts.enumerated() {
            let isWhole = place < parts.count - 1
            guard let first = part.first, first.isNumber, let value = Double(part), value.isFinite, value < 1e8,
                !isWhole || Int(part) != nil, place == 0 || value < 60
            else { return nil }
            seconds = seconds * 60 + value
        }
        self.seconds = seconds
    }
}
