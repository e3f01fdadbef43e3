import CoordinatorCore
import Foundation

/// Where `run` shows how it goes. Called from one task, in order.
protocol RunDisplay: Sendable {
    func show(_ report: RunReport)
}

/// `--json`: one object a line on standard output.
struct JSONDisplay: RunDisplay {
    func show(_ report: RunReport) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let line = try? encoder.encode(report) else { return }
        FileHandle.standardOutput.write(line + Data("\n".utf8))
    }
}
