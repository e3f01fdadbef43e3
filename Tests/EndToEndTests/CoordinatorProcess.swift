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

    private let process: Spawned
    private let output: Collected
    private let error: Collected
    private let exit: AsyncStream<Exit>
    private let readers = DispatchGroup()

    /// - Parameters:
    ///   - program: `coordinator` or `worker`.
    ///   - prefix: a command that runs it, as `ip netns exec NAME`.
    init(
        _ arguments: [String], program: String = "coordinator", prefix: [String] = [],
        environment: [String: String] = [:]
    ) throws {
        let line = prefix + [Launch.sibling(program, []).executable] + arguments
        let (out, err) = (try ClosedPipe(), try ClosedPipe())
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { for end in [out.writing, err.writing, null] { close(end) } }
        let (exit, ended) = AsyncStream.makeStream(of: Exit.self)
        self.exit = exit
        process = try Spawned(
            "/usr/bin/env", line, environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
            descriptors: (null, out.writing, err.writing)
        ) {
            ended.yield($0)
            ended.finish()
        }
        (output, error) = (Collected(), Collected())
        output.collect(out.reading, readers)
        error.collect(err.reading, readers)
    }

    private final class Collected: Sendable {
        private let data = Mutex(Data())
        func collect(_ descriptor: Int32, _ readers: DispatchGroup) {
            readers.enter()
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            let thread = Thread { [self] in
                while true {
                    let more = handle.availableData
                    if more.isEmpty { break }
                    data.withLock { $0.append(more) }
                }
                readers.leave()
            }
            thread.start()
        }
        var text: String { data.withLock { String(decoding: $0, as: UTF8.self) } }
    }

    var processID: Int32 { process.processID }
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

    /// Returns the exit once the process has ended and all it wrote is read. To be asked once.
    func wait() async -> Ended {
        for await exit in exit {
            await withCheckedContinuation { continuation in readers.notify(queue: .global()) { continuation.resume() } }
            return Ended(status: exit.code, bySignal: exit.bySignal, output: outputText, error: errorText)
        }
        return Ended(status: -1, bySignal: true, output: outputText, error: "nobody knows how it ended")
    }

    /// What it runs for somebody: `strace` is asked in vain to end.
    func signalChildren(_ number: Int32) {
        for child in Self.children(of: processID) { kill(child, number) }
    }

    func signal(_ number: Int32) { process.signal(number) }

    /// Waits for `condition`; false where the process ended, or two minutes passed, before it held.
    func reaches(_ condition: (CoordinatorProcess) -> Bool) async -> Bool {
        for _ in 0..<12000 {
            if condition(self) { return true }
            if !process.isRunning { return condition(self) }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    /// Process ids of the workers (children) and engines (their children).
    var workers: [Int32] { Self.children(of: processID).filter(Self.isWorker) }
    var engines: [Int32] { workers.flatMap(Self.children(of:)).filter(Self.isWorker) }
    /// A worker's engines.
    var engineChildren: [Int32] {
        Self.children(of: processID).filter { Self.commandLine(of: $0).contains("/worker-engine\0run\0") }
    }
    /// SIGSTOP has taken effect.
    var isStopped: Bool {
        let status = (try? String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8)) ?? ""
        return status.contains("State:\tT")
    }
    /// Process ids of the children that parse films.
    var filmTools: [Int32] { Self.children(of: processID).filter { Self.commandLine(of: $0).hasSuffix("\0film\0") } }

    var isRunning: Bool { process.isRunning }

    /// Process ids of it and of all that descend from it.
    var tree: [Int32] {
        func below(_ parent: Int32) -> [Int32] { [parent] + Self.children(of: parent).flatMap(below) }
        return below(processID)
    }

    /// A process's peak resident memory in KiB, by the kernel's own high-water mark; 0 where it is gone.
    static func peakMemory(of process: Int32) -> Int {
        let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(separator: " ").compactMap { Int($0) }.first ?? 0
    }

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
@discardableResult
func upscale(
    _ film: String, to output: String, in folder: TemporaryFolder, _ arguments: [String] = []
) async throws -> CoordinatorProcess.Ended {
    let ended = try await coordinator(
        ["run", film, "-o", output, "--state", folder.path("state"), "--json"] + arguments)
    guard ended.status == 0, !ended.bySignal else { throw ended }
    return ended
}

/// Settings that make a run fast and its pixels comparable: lossless, the built-in model, everything pinned.
let exact = [
    "--model", "nearest", "--codec", "ffv1", "--tile", "0", "--batch", "4", "--precision", "fp32", "--pixel-format",
    "yuv420p",
]
