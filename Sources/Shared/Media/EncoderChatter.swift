internal import Foundation
internal import Synchronization

/// What encoders write to standard error on their own account: x265 and SVT-AV1 say nowhere else what they do not like.
enum EncoderChatter {
    private static let turn = Mutex(())
    private static let marks = ["x265 [error]: ", "Svt[error]: Instance 1: "]

    /// Runs `body`; what an encoder complained of meanwhile goes into its error, and nothing of it to standard error. What others
    /// wrote there is passed on.
    static func told(_ body: () throws -> Void) throws {
        try turn.withLock { _ in
            var heard: [String] = []
            let outcome = Result { try listening(body) { heard.append($0) } }
            guard case .failure(let error as MediaError) = outcome, !heard.isEmpty else { return try outcome.get() }
            throw MediaError(error.kind, "\(error.message): \(heard.joined(separator: "; "))")
        }
    }

    private static func listening(_ body: () throws -> Void, hear: (String) -> Void) throws {
        guard let file = tmpfile() else { return try body() }
        defer { fclose(file) }
        let own = dup(STDERR_FILENO)
        guard own >= 0, dup2(fileno(file), STDERR_FILENO) >= 0 else { return try body() }
        defer {
            dup2(own, STDERR_FILENO)
            close(own)
            for line in lines(of: file) {
                if let mark = marks.first(where: line.hasPrefix) {
                    hear(line.dropFirst(mark.count).trimmingCharacters(in: .whitespaces))
                } else if !line.isEmpty {
                    try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
                }
            }
        }
        return try body()
    }

    private static func lines(of file: UnsafeMutablePointer<FILE>) -> [String] {
        let size = lseek(fileno(file), 0, SEEK_END)
        guard size > 0, lseek(fileno(file), 0, SEEK_SET) == 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let count = read(fileno(file), &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).components(separatedBy: "\n")
    }
}
