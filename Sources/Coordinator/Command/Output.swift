import Foundation

/// Writes to people and scripts, who may have gone: Foundation's `write(_:)` would end the process then.
enum Output {
    static func error(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
    static func line(_ data: Data) { try? FileHandle.standardOutput.write(contentsOf: data + Data("\n".utf8)) }
}
