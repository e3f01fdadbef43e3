import EngineCore
import FarmModel
import Foundation
import Processes

/// Runs the measurements in turns and prints them side by side.
struct BenchTable {
    let rounds: Int

    private struct Row: Hashable {
        var name: String
        var mode: BenchMode
        var hasPlainAllocator = false

        var arguments: [String] {
            ["--mode", mode.rawValue] + (hasPlainAllocator ? [BenchCommand.plainAllocatorFlag] : [])
        }
    }

    private static let rows = [
        Row(name: "decode alone", mode: .decode), Row(name: "network by itself", mode: .bare),
        Row(name: "network and its conversions", mode: .network),
        Row(name: "… by libtorch", mode: .torch),
        Row(name: "network and blend, radius 2", mode: .blend), Row(name: "encode alone", mode: .encode),
        Row(name: "pipeline", mode: .pipeline), Row(name: "… with nothing encoded", mode: .unencoded),
        Row(name: "one frame at a time", mode: .sequential),
        Row(name: "… without allocator settings", mode: .sequential, hasPlainAllocator: true),
    ]

    func print(arguments: [String]) async throws {
        var results: [Row: [BenchResult]] = [:]
        for _ in 0..<rounds {
            for row in Self.rows { results[row, default: []].append(try await measure(arguments + row.arguments)) }
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

    private static func lines(_ results: [Row: [BenchResult]], _ standIn: BenchResult) -> [String] {
        let rates = results.mapValues { $0.map(\.framesPerSecond) }
        func rate(_ mode: BenchMode) -> Double { rows.first { $0.mode == mode }.map { (rates[$0] ?? []).median } ?? 0 }
        var lines = ["                                frames/s     best   pipeline is   CPU ms a frame"]
        for row in rows {
            let (middle, best) = ((rates[row] ?? []).median, rates[row]?.max() ?? 0)
            let name = row.name.padding(toLength: 30, withPad: " ", startingAt: 0)
            let cpu = (results[row] ?? []).map(\.cpuSecondsPerFrame).median * 1000
            lines.append(
                name + String(format: "%10.2f %8.2f %11.2fx %15.1f", middle, best, rate(.pipeline) / middle, cpu))
        }
        let pipelines = rows.first { $0.mode == .pipeline }.flatMap { results[$0] } ?? []
        let unencoded = rows.first { $0.mode == .unencoded }.flatMap { results[$0] } ?? []
        let settled = unencoded.map(\.settledFramesPerSecond).median
        let (waiting, limit) = (pipelines.map(\.waiting).median, pipelines.last?.stages.limit)
        return lines + [
            "what limits the pipeline: \(limit?.rawValue ?? "nothing was measured")",
            busyShares(pipelines),
            String(format: "our own convolutions: %.2f times libtorch's rate", rate(.network) / rate(.torch)),
            String(format: "the blend takes %.1f %% of inference", (1 - rate(.blend) / rate(.network)) * 100),
            String(format: "inference waits in the pipeline: %.1f %% of its time", waiting * 100),
            "with nothing encoded the pipeline reaches, from its start and after its first segment:",
            share((rate(.unencoded), settled), of: rate(.network), "the network with its conversions"),
            share((rate(.unencoded), settled), of: rate(.bare), "the network by itself"),
            String(format: "stand-in network of 20 ms a batch: %.1f %% of its rate", standIn.share * 100),
        ]
    }

    private static func share(_ rates: (all: Double, settled: Double), of rate: Double, _ name: String) -> String {
        guard rate > 0 else { return "    \(name): not measured where it sees more than one picture" }
        return String(
            format: "    %.1f %% and %.1f %% of the rate of ", rates.all / rate * 100, rates.settled / rate * 100)
            + name
    }

    /// Of each stage's thread, in the pipeline.
    private static func busyShares(_ pipelines: [BenchResult]) -> String {
        func share(_ stage: KeyPath<StageTimes, StageTimes.Stage>) -> String {
            let shares = pipelines.map { result in
                let times = result.stages[keyPath: stage]
                let all = times.busy + times.starved + times.blocked
                return all > 0 ? times.busy / all : 0
            }
            return String(format: "%.0f %%", shares.median * 100)
        }
        return
            "busy in the pipeline: decoding \(share(\.decode)), inference \(share(\.inference)), encoding \(share(\.encode))"
    }
}

struct BenchFailure: Error, CustomStringConvertible {
    var arguments: [String]
    var exit: Exit
    var description: String { "worker \(arguments.joined(separator: " ")) \(exit)" }
}
