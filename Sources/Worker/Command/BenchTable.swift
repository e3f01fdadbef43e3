import Foundation
import Processes
import WorkerCore

/// Runs the measurements in turns and prints them side by side.
struct BenchTable {
    let rounds: Int

    private static let rows: [(name: String, arguments: [String])] = [
        ("network alone", ["--mode", "network"]),
        ("pipeline", ["--mode", "pipeline"]),
        ("one frame at a time", ["--mode", "sequential"]),
        ("… without allocator settings", ["--mode", "sequential", "--plain-allocator"]),
        ("network and blend, radius 2", ["--mode", "blend"]),
    ]

    func print(arguments: [String]) async throws {
        var results = Self.rows.map { _ in [BenchResult]() }
        for _ in 0..<rounds {
            for (index, row) in Self.rows.enumerated() {
                results[index].append(try await measure(arguments + row.arguments))
            }
        }
        let standIn = try await measure(arguments + ["--mode", BenchMode.standIn.rawValue])
        for line in Self.lines(results, standIn) { Swift.print(line) }
    }

    private func measure(_ arguments: [String]) async throws -> BenchResult {
        let child = try ChildProcess(.myself(arguments), name: "bench")
        var last: Data?
        for await line in child.lines { last = line }
        let exit = await child.exit()
        guard exit.isSuccess, let last else { throw BenchFailure(arguments: arguments, exit: exit) }
        return try JSONLine.decode(last)
    }

    private static func lines(_ results: [[BenchResult]], _ standIn: BenchResult) -> [String] {
        let medians = results.map { median($0.map(\.framesPerSecond)) }
        let pipeline = medians[1]
        var lines = ["                                frames/s     best   pipeline is"]
        for (index, row) in rows.enumerated() {
            let best = results[index].map(\.framesPerSecond).max() ?? 0
            let name = row.name.padding(toLength: 30, withPad: " ", startingAt: 0)
            lines.append(name + String(format: "%10.2f %8.2f %11.2fx", medians[index], best, pipeline / medians[index]))
        }
        let share = 1 - medians[4] / medians[0]
        lines.append(String(format: "the blend takes %.1f %% of inference", share * 100))
        let waiting = median(results[1].map(\.waiting))
        lines.append(String(format: "inference waits in the pipeline: %.1f %% of its time", waiting * 100))
        lines.append(String(format: "stand-in network of 20 ms a batch: %.1f %% of its rate", standIn.share * 100))
        return lines
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        return sorted.count % 2 == 1
            ? sorted[sorted.count / 2] : (sorted[sorted.count / 2 - 1] + sorted[sorted.count / 2]) / 2
    }
}

struct BenchFailure: Error, CustomStringConvertible {
    var arguments: [String]
    var exit: Exit
    var description: String { "worker \(arguments.joined(separator: " ")) \(exit)" }
}
