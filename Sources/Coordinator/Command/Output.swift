import FarmModel
import Foundation

/// Writes to people and scripts, who may have gone: Foundation's `write(_:)` would end the process then.
enum Output {
    static func error(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }

    /// - Returns: false where nobody reads any more.
    @discardableResult
    static func line(_ data: Data) -> Bool {
        do { try FileHandle.standardOutput.write(contentsOf: data + Data("\n".utf8)) } catch { return false }
        return true
    }

    /// Text that holds other people's words: a terminal would obey their control characters.
    @discardableResult
    static func lines(_ lines: [String]) -> Bool {
        line(Data(lines.map(\.harmless).joined(separator: "\n").utf8))
    }
}
