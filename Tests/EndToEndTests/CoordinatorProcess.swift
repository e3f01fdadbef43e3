import Foundation
import Processes
import Synchronization
import TestSupport

/// A real `coordinator` in a process of its own, as a user starts it.
final class CoordinatorProcess: Sendable {
    struct Ended: Error, CustomStringConvertible {
        var status: Int32
        var bySignal: Bool
        var output: String
        var error: String
        /// Lines of `--json`; those that are no object are left out.
        var events: [[String: any Sendable]] { CoordinatorProcess.events(output) }
        var description: String { "coordinator ended with \(status)\(bySignal ? " (signal)" : ""): \(error)" }
    }

    // Process is not Sendable; the tests touch it from one task.
    private struct Box: @unchecked Sendable { let process: Process }
    private let box: Box
    private let output = Collected()
    private let error = Collected()
    private let finished = DispatchSemaphore(value: 0)
    private let readers = DispatchGroup()

    /// - Parameters:
    ///   - program: `coordinator` or `worker`.
    ///   - prefix: a command that runs it, as `ip netns exec NAME`.
    init(
        _ arguments: [String], program: String = "coordinator", prefix: [String] = [],
        environment: [String: String] = [:]
    ) throws {
        let process = Process()
        let line = prefix + [Launch.sibling(program, []).executable] + arguments
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = line
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (out, err) = (Pipe(), Pipe())
        process.standardOutput = out
        process.standardError = err
        process.standardInput = FileHandle.nullDevice
        box = Box(process: process)
        let finished = finished
        process.terminationHandler = { _ in finished.signal() }
        try process.run()
        collect(out, into: output)
        collect(err, into: error)
    }

    private final class Collected: Sendable {
        private let data = Mutex(Data())
        func append(_ more: Data) { data.withLock { $0.append(more) } }
        var text: String { data.withLock { String(decoding: $0, as: UTF8.self) } }
    }

    private func collect(_ pipe: Pipe, into target: Collected) {
        readers.enter()
        Thread.detachNewThread { [self] in
            while true {
                let data = pipe.fileHandleForReading.availableData
                if data.isEmpty { break }
                target.append(data)
            }
            readers.leave()
        }
    }

    var processID: Int32 { box.process.processIdentifier }
    var outputText: String { output.text }
    var errorText: String { error.text }

    /// The events that `--json` printed so far.
    var events: [[String: any Sendable]] { Self.events(outputText) }

    private static func events(_ output: String) -> [[String: any Sendable]] {
        output.split(separator: "\n").compactMap {
            (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: any Sendable]
        }
    }

    /// Accepted and all segments, as the last progress event said.
    var segments: (accepted: Int, total: Int)? {
        guard let last = events.last(where: { $0["segments"] != nil }),
            let segments = last["segments"] as? [String: any Sendable],
            let accepted = segments["accepted"] as? Int, let total = segments["total"] as? Int
        else { return nil }
        return (accepted, total)
    }

    /// Returns the exit once the process has ended and all it wrote is read.
    func wait() async -> Ended {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in
                finished.wait()
                readers.wait()
                let process = box.process
                continuation.resume(
                    returning: Ended(
                        status: process.terminationStatus, bySignal: process.terminationReason == .uncaughtSignal,
                        output: outputText, error: errorText))
            }
        }
    }

    func signal(_ number: Int32) { kill(processID, number) }

    /// Waits for `condition`; false where the process ended, or two minutes passed, before it held.
    func reaches(_ condition: (CoordinatorProcess) -> Bool) async -> Bool {
        for _ in 0..<12000 {
            if condition(self) { return true }
            if !box.process.isRunning { return condition(self) }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    /// Process ids of the workers (children) and engines (their children).
    var workers: [Int32] { Self.children(of: processID).filter(Self.isWorker) }
    var engines: [Int32] { workers.flatMap(Self.children(of:)).filter(Self.isWorker) }
    /// A worker's engines.
    var engineChildren: [Int32] {
        Self.children(of: processID).filter { Self.commandLine(of: $0).contains("\0engine\0") }
    }
    /// SIGSTOP has taken effect.
    var isStopped: Bool {
        let status = (try? String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8)) ?? ""
        return status.contains("State:\tT")
    }
    /// Process ids of the children that parse films.
    var filmTools: [Int32] { Self.children(of: processID).filter { Self.commandLine(of: $0).hasSuffix("\0film\0") } }

    /// Whether a process runs. One that has ended and that nobody has waited for does not.
    static func isRunning(_ process: Int32) -> Bool {
        let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? "State:\tX"
        return !status.contains("State:\tZ") && !status.contains("State:\tX")
    }

    private static func isWorker(_ process: Int32) -> Bool { commandLine(of: process).contains("/worker") }

    private static func children(of parent: Int32) -> [Int32] {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(parent)/task")) ?? []
        return tasks.flatMap { task -> [Int32] in
            let text = (try? String(contentsOfFile: "/proc/\(parent)/task/\(task)/children", encoding: .utf8)) ?? ""
            return text.split(separator: " ").compactMap { Int32($0) }
        }
    }

    private static func commandLine(of process: Int32) -> String {
        (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)) ?? ""
    }
}

/// Runs `coordinator` to its end.
@discardableResult
func coordinator(_ arguments: [String], environment: [String: String] = [:]) async throws -> CoordinatorProcess.Ended {
    try await Gate.shared.pass {
        let process = try CoordinatorProcess(arguments, environment: environment)
        return await process.wait()
    }
}

/// Lets two farms run at once and no more: dozens on a small machine would take longer, one by one, than in turn.
actor Gate {
    static let shared = Gate()

    private var free = 2
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func pass<Value: Sendable>(_ work: @Sendable () async throws -> Value) async rethrows -> Value {
        if free > 0 { free -= 1 } else { await withCheckedContinuation { waiting.append($0) } }
        defer { if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() } }
        return try await work()
    }
}

/// Runs `coordinator run` and expects a film.
func upscale(_ film: String, to output: String, in folder: TemporaryFolder, _ arguments: [String] = []) async throws {
    let ended = try await coordinator(
        ["run", film, "-o", output, "--state", folder.path("state"), "--json"] + arguments)
    guard ended.status == 0, !ended.bySignal else { throw ended }
}

/// Settings that make a run fast and its pixels comparable: lossless, the built-in model, everything pinned.
let exact = [
    "--model", "nearest", "--codec", "ffv1", "--tile", "0", "--batch", "4", "--precision", "fp32", "--pixel-format",
    "yuv420p",
]
