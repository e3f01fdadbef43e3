import FarmModel
import Foundation
import Synchronization

/// Writes to people and scripts, who may have gone: Foundation's `write(_:)` would end the process then.
enum Output {
    /// Something could not be written although somebody reads, as where a disk is full. It has been said.
    static var isLost: Bool { lost.withLock { $0 } }
    private static let lost = Mutex(false)
    /// A line is whole, whichever threads write.
    private static let turn = Mutex(())

    static func error(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }

    /// - Returns: false where nobody reads any more, or nothing can be written.
    @discardableResult
    static func line(_ data: Data) -> Bool {
        let fault = turn.withLock { _ in put(data + Data("\n".utf8)) }
        guard fault != 0 else { return true }
        if fault != EPIPE { lose(fault) }
        return false
    }

    /// Text that holds other people's words: a terminal would obey their control characters.
    @discardableResult
    static func lines(_ lines: [String]) -> Bool {
        line(Data(lines.map(\.harmless).joined(separator: "\n").utf8))
    }

    /// Says it once.
    private static func lose(_ fault: Int32) {
        let isFirst = lost.withLock { lost in
            defer { lost = true }
            return !lost
        }
        guard isFirst else { return }
        error("coordinator: cannot write to standard output: \(String(cString: strerror(fault)))\n")
    }

    /// - Returns: 0, or why not all of it could be written; Foundation does not tell.
    private static func put(_ data: Data) -> Int32 {
        data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) -> Int32 in
            var done = 0
            while done < bytes.count {
                let count = write(STDOUT_FILENO, bytes.baseAddress?.advanced(by: done), bytes.count - done)
                if count > 0 { done += count }
                guard count < 0 else { continue }
                switch errno {
                case EINTR: continue
                case EAGAIN:
                    var output = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
                    poll(&output, 1, -1)
                case let fault: return fault
                }
            }
            return 0
        }
    }
}
