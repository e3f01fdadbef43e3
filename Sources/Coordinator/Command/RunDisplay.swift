import CoordinatorCore
import Foundation

/// Where `run` shows how it goes. Called from any thread.
protocol RunDisplay: Sendable {
    func show(_ report: RunReport)
}

/// `--json`: one object a line on standard output.
struct JSONDisplay: RunDisplay {
    func show(_ report: RunReport) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let line = try? encoder.encode(report) else { return }
        Output.line(line)
    }
}
