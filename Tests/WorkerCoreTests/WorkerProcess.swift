import Foundation
import Processes
import Synchronization
import TestSupport

/// A real `worker` in a process of its own, as a user starts it.
final class WorkerProcess: Sendable {
    // Process is not Sendable; the tests touch it from one task.
    private struct Box: @unchecked Sendable { let process: Process }
    private let box: Box
    private let errors = Mutex(Data())
    private let readers = DispatchGroup()
    private let exited: AsyncStream<Int32>

    static var executable: String { Launch.sibling("worker", []).executable }

    init(
        _ arguments: [String], environment: [String: String] = [:], executable: String = WorkerProcess.executable
    ) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        var inherited = ProcessInfo.processInfo.environment
        for name in ["UPSCALE_FARM_COORDINATOR", "UPSCALE_FARM_KEY"] { inherited[name] = nil }
        process.environment = inherited.merging(environment) { $1 }
        let pipe = Pipe()
        process.standardError = pipe
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        box = Box(process: process)
        let (exited, exit) = AsyncStream.makeStream(of: Int32.self)
        self.exited = exited
        process.terminationHandler = {
            exit.yield($0.terminationReason == .exit ? $0.terminationStatus : -$0.terminationStatus)
            exit.finish()
        }
        try process.run()
        readers.enter()
        Thread.detachNewThread { [self] in
            while case let data = pipe.fileHandleForReading.availableData, !data.isEmpty {
                errors.withLock { $0.append(data) }
            }
            readers.leave()
        }
    }

    var processID: Int32 { box.process.processIdentifier }
    /// What it wrote to standard error so far.
    var log: String { errors.withLock { String(decoding: $0, as: UTF8.self) } }

    func signal(_ number: Int32) { kill(processID, number) }

    /// The exit status, or a signal's number below zero; to be asked once.
    func exit() async -> Int32? {
        for await status in exited {
            await withCheckedContinuation { continuation in
                readers.notify(queue: .global()) { continuation.resume() }
            }
            return status
        }
        return nil
    }
}
