internal import CProcesses
import Foundation
import Synchronization

/// A process of its own group, with nothing of this one's open but three descriptors.
///
/// By posix_spawn itself: Foundation's `Process` was seen to read beyond its memory in `run()` where several threads start
/// children, and it changes this process's working directory back and forth.
public final class Spawned: Sendable {
    public let processID: Int32
    private let isReaped = Mutex(false)

    /// - Parameters:
    ///   - environment: all of the child's.
    ///   - descriptors: become its standard input, output and error; they stay the caller's to close.
    ///   - ended: called once, on a thread of its own.
    /// - Throws: `CocoaError` with the system's reason and the executable's path.
    public init(
        _ executable: String, _ arguments: [String], environment: [String: String],
        descriptors: (input: Int32, output: Int32, error: Int32), ended: @escaping @Sendable (Exit) -> Void
    ) throws {
        processID = try Self.spawn(
            executable, [executable] + arguments, environment.map { "\($0)=\($1)" },
            [descriptors.input, descriptors.output, descriptors.error])
        let thread = Thread { [self] in ended(reap()) }
        thread.name = "reaper"
        thread.start()
    }

    /// Nothing once it has ended: its number may be another's by then.
    public func signal(_ number: Int32) {
        isReaped.withLock { if !$0 { kill(processID, number) } }
    }

    public var isRunning: Bool { isReaped.withLock { !$0 } }

    private func reap() -> Exit {
        var information = siginfo_t()
        while waitid(P_PID, id_t(processID), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        return isReaped.withLock { isReaped in
            var status: Int32 = 0
            while waitpid(processID, &status, 0) < 0, errno == EINTR {}
            isReaped = true
            // As <sys/wait.h> has it: the signal in the low bits, the exit status above.
            let signal = status & 0x7F
            return Exit(code: signal == 0 ? (status >> 8) & 0xFF : signal, bySignal: signal != 0)
        }
    }

    private static func spawn(
        _ executable: String, _ arguments: [String], _ environment: [String], _ descriptors: [Int32]
    ) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for (number, descriptor) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
        }
        processes_close_from(&actions, 3)
        // A group of its own: the terminal's Ctrl-C is this process's to deal with.
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        posix_spawnattr_setpgroup(&attributes, 0)
        // The thread that spawns may have signals blocked, and this process ignores some: neither is the child's way.
        var (blocked, usual) = (sigset_t(), sigset_t())
        sigemptyset(&blocked)
        sigemptyset(&usual)
        for number in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { sigaddset(&usual, number) }
        posix_spawnattr_setsigmask(&attributes, &blocked)
        posix_spawnattr_setsigdefault(&attributes, &usual)
        var process: pid_t = 0
        let code = withStrings(arguments) { arguments in
            withStrings(environment) { posix_spawn(&process, executable, &actions, &attributes, arguments, $0) }
        }
        guard code == 0 else {
            let reason = NSError(domain: NSPOSIXErrorDomain, code: Int(code))
            throw CocoaError(
                .fileReadUnknown, userInfo: [NSFilePathErrorKey: executable, NSUnderlyingErrorKey: reason])
        }
        return process
    }

    private static func withStrings<Result>(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let copies = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: strings.count + 1)
        for (index, string) in strings.enumerated() { copies[index] = strdup(string) }
        copies[strings.count] = nil
        defer {
            for index in strings.indices { free(copies[index]) }
            copies.deallocate()
        }
        return body(copies)
    }
}

/// A pipe that no child inherits by accident.
public struct ClosedPipe: Sendable {
    public let reading: Int32
    public let writing: Int32

    /// - Throws: where the process has no descriptors left
    public init() throws {
        var ends: [Int32] = [-1, -1]
        guard processes_pipe(&ends) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EMFILE) }
        (reading, writing) = (ends[0], ends[1])
    }
}
