public import Foundation

/// One JSON value a line: how a process talks with its children over pipes.
public enum JSONLine {
    public static func encode(_ message: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        var line = try encoder.encode(message)
        line.append(UInt8(ascii: "\n"))
        return line
    }

    public static func decode<Message: Decodable>(_ line: Data, as _: Message.Type = Message.self) throws -> Message {
        try JSONDecoder().decode(Message.self, from: line)
    }
}

/// Reads lines from a descriptor, on a thread of its own, until the other side closes it.
public enum LineReader {
    /// Bytes of a line of a log that are taken at once: a child that writes no line's end must not fill our memory.
    public static let longestErrorLine = 8 << 10

    /// - Parameter limit: bytes after which a line that has not ended is passed on in pieces.
    public static func start(
        _ handle: FileHandle, name: String, limit: Int = .max, line: @escaping @Sendable (Data) -> Void,
        end: @escaping @Sendable () -> Void
    ) {
        let thread = Thread {
            read(handle.fileDescriptor, limit, line)
            // Keeps the descriptor open as long as it is read.
            withExtendedLifetime(handle) { end() }
        }
        thread.name = name
        thread.start()
    }

    private static func read(_ descriptor: Int32, _ limit: Int, _ line: (Data) -> Void) {
        var pending = Data()
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Foundation.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                // The last words of a process that died may lack their line's end.
                if limit < .max, !pending.isEmpty { line(pending) }
                return
            }
            pending.append(contentsOf: buffer[..<count])
            while let newline = pending.firstIndex(of: UInt8(ascii: "\n")) {
                line(Data(pending[..<newline]))
                pending = Data(pending[(newline + 1)...])
            }
            if pending.count >= limit {
                line(pending)
                pending = Data()
            }
        }
    }
}

/// Writes whole lines to a descriptor from any thread.
public final class LineWriter: Sendable {
    private let handle: FileHandle
    private let lock = NSLock()

    public init(_ handle: FileHandle) { self.handle = handle }

    /// - Throws: where the other side is gone.
    public func write(_ message: some Encodable) throws {
        let line = try JSONLine.encode(message)
        try lock.withLock { try handle.write(contentsOf: line) }
    }
}
