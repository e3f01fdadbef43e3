public import Foundation

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
    private let process: Spawned

    public var processID: Int32 { process.processID }

    /// - Parameter errors: told each line that the child writes to standard error, and nil at the end, on a thread of its
    ///   own; it takes the place of `launch.errorLog`. Lines longer than `LineReader.longestErrorLine` come in pieces.
    /// - Throws: where the executable cannot be started.
    /// - Parameter reads: false gives it an empty standard input: for a program that is not one of ours.
    public init(
        _ launch: Launch, name: String, reads: Bool = true, errors: (@Sendable (Data?) -> Void)? = nil
    ) throws {
        _ = Self.brokenPipesAreErrors
        let input = try ClosedPipe()
        let output = try ClosedPipe()
        let log = try errors.map { _ in try ClosedPipe() }
        let error = try log?.writing ?? launch.errorLog.map(Self.appending(to:))
        let nothing = reads ? nil : open("/dev/null", O_RDONLY | O_CLOEXEC)
        // The child's ends are the child's.
        defer { for end in [input.reading, output.writing, error, nothing] { if let end { close(end) } } }
        let (lines, line) = AsyncStream.makeStream(of: Data.self)
        let (exited, exit) = AsyncStream.makeStream(of: Exit.self)
        do {
            process = try Spawned(
                launch.executable, launch.arguments,
                environment: ProcessInfo.processInfo.environment.merging(launch.environment) { $1 },
                descriptors: (nothing ?? input.reading, output.writing, error ?? STDERR_FILENO)
            ) {
                exit.yield($0)
                exit.finish()
            }
        } catch {
            for end in [input.writing, output.reading, log?.reading] { if let end { close(end) } }
            throw error
        }
        self.lines = lines
        self.exited = exited
        self.input = LineWriter(FileHandle(fileDescriptor: input.writing, closeOnDealloc: true))
        LineReader.start(
            FileHandle(fileDescriptor: output.reading, closeOnDealloc: true), name: name, line: { line.yield($0) },
            end: { line.finish() })
        if let errors, let log {
            LineReader.start(
                FileHandle(fileDescriptor: log.reading, closeOnDealloc: true), name: "\(name) log",
                limit: LineReader.longestErrorLine, line: { errors($0) }, end: { errors(nil) })
        }
    }

    /// Writing to a child that has gone must fail, and not end this process.
    private static let brokenPipesAreErrors: Void = { Foundation.signal(SIGPIPE, SIG_IGN) }()

    private static func appending(to path: String) throws -> Int32 {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CocoaError(.fileWriteNoPermission, userInfo: [NSFilePathErrorKey: path]) }
        return descriptor
    }

    /// - Throws: where the child is gone; the end of `lines` says so too.
    public func send(_ message: some Encodable) throws { try input.write(message) }

    public func signal(_ number: Int32) { process.signal(number) }

    /// How the child ended; returns once it has, or at once, as if killed, where the caller is cancelled. To be asked once.
    public func exit() async -> Exit {
        for await exit in exited { return exit }
        return Exit(code: SIGKILL, bySignal: true)
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
