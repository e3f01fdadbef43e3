public import Foundation
import Synchronization

/// What to start.
public struct Launch: Hashable, Sendable {
    public var executable: String
    public var arguments: [String]
    /// Added to this process's environment.
    public var environment: [String: String]
    /// A file that takes what the child writes to standard error, after what is there; nil shares this process's.
    public var errorLog: String?

    public init(
        executable: String, arguments: [String], environment: [String: String] = [:], errorLog: String? = nil
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.errorLog = errorLog
    }
}

/// How a process ended.
public struct Exit: Hashable, Sendable, CustomStringConvertible {
    /// The exit status, or the signal that killed it.
    public var code: Int32
    public var bySignal: Bool

    public var isSuccess: Bool { code == 0 && !bySignal }

    public var description: String {
        bySignal ? "killed by signal \(code) (\(String(cString: strsignal(code))))" : "exited with status \(code)"
    }
}

/// A child that is told things and tells things, a line of JSON each, over its standard input and output.
///
/// It ends with this process, however that ends: its standard input closes, and `Lifeline` in the child sees that.
public final class ChildProcess: Sendable {
    /// What the child writes, a line an element; ends when it has closed its output.
    public let lines: AsyncStream<Data>
    private let input: LineWriter
    private let exited: AsyncStream<Exit>
    private let process: Mutex<Box>
    public let processID: Int32

    // Foundation's Process is not Sendable; after `init` it is only kept alive here.
    private struct Box: @unchecked Sendable { let process: Process }

    /// - Parameter errors: told each line that the child writes to standard error, and nil at the end, on a thread of its
    ///   own; it takes the place of `launch.errorLog`. Lines longer than `LineReader.longestErrorLine` come in pieces.
    /// - Throws: where the executable cannot be started.
    public init(_ launch: Launch, name: String, errors: (@Sendable (Data?) -> Void)? = nil) throws {
        let process = Process()
        let input = Pipe()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: launch.executable)
        process.arguments = launch.arguments
        process.environment = ProcessInfo.processInfo.environment.merging(launch.environment) { $1 }
        process.standardInput = input
        process.standardOutput = output
        let errorPipe = errors.map { _ in Pipe() }
        if let errorPipe {
            process.standardError = errorPipe
        } else if let path = launch.errorLog {
            process.standardError = try Self.appending(to: path)
        }
        let (lines, line) = AsyncStream.makeStream(of: Data.self)
        let (exited, exit) = AsyncStream.makeStream(of: Exit.self)
        process.terminationHandler = {
            exit.yield(Exit(code: $0.terminationStatus, bySignal: $0.terminationReason == .uncaughtSignal))
            exit.finish()
        }
        try process.run()
        self.lines = lines
        self.exited = exited
        self.input = LineWriter(input.fileHandleForWriting)
        self.processID = process.processIdentifier
        self.process = Mutex(Box(process: process))
        LineReader.start(output.fileHandleForReading, name: name, line: { line.yield($0) }, end: { line.finish() })
        if let errors, let errorPipe {
            LineReader.start(
                errorPipe.fileHandleForReading, name: "\(name) log", limit: LineReader.longestErrorLine,
                line: { errors($0) }, end: { errors(nil) })
        }
    }

    private static func appending(to path: String) throws -> FileHandle {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CocoaError(.fileWriteNoPermission, userInfo: [NSFilePathErrorKey: path]) }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// - Throws: where the child is gone; the end of `lines` says so too.
    public func send(_ message: some Encodable) throws { try input.write(message) }

    public func signal(_ number: Int32) { kill(processID, number) }

    /// How the child ended; returns once it has. To be asked once.
    public func exit() async -> Exit {
        for await exit in exited { return exit }
        return Exit(code: 0, bySignal: false)
    }
}

extension Launch {
    /// This executable with other arguments: children run the same build.
    public static func myself(_ arguments: [String], environment: [String: String] = [:]) -> Launch {
        Launch(executable: Self.ownPath, arguments: arguments, environment: environment)
    }

    /// An executable that stands beside this one.
    public static func sibling(_ name: String, _ arguments: [String], environment: [String: String] = [:]) -> Launch {
        let directory = URL(fileURLWithPath: ownPath).deletingLastPathComponent()
        return Launch(
            executable: directory.appendingPathComponent(name).path, arguments: arguments, environment: environment)
    }

    private static var ownPath: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }
}
