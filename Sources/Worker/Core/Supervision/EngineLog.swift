import EngineProtocol
import FarmModel
import Foundation

/// The last lines that an engine wrote to standard error, and which attempt they are about.
///
/// The engine marks where an attempt begins and ends; what libraries print between is about the attempts inside.
struct EngineLog {
    /// Lines told of a failed attempt, and characters of each.
    static let told = 30
    static let longest = 300
    /// Lines kept: what two attempts that run at once print is interleaved.
    private static let kept = 200

    private var lines: [String] = []

    /// Keeps the line, short and without anything that a terminal would obey.
    mutating func take(_ line: Data) {
        let text = Self.harmless(line)
        guard !text.isEmpty else { return }
        lines.append(text)
        if lines.count > Self.kept { lines.removeFirst() }
    }

    func hasEnd(of attempt: AttemptID) -> Bool { lines.last { $0 == AttemptMark.end(of: attempt) } != nil }

    /// The last lines since the attempt began, oldest first; of an engine that marked nothing, its last lines.
    func tail(of attempt: AttemptID?) -> [String] {
        let mark = attempt.map(AttemptMark.beginning) ?? ""
        let start = lines.lastIndex(of: mark) ?? 0
        return Array(lines[start...].suffix(Self.told))
    }

    static func harmless(_ line: Data) -> String {
        let scalars = String(decoding: line, as: UTF8.self).unicodeScalars.prefix(longest).map(harmless)
        return String(String.UnicodeScalarView(scalars)).trimmingCharacters(in: .whitespaces)
    }

    private static func harmless(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        if scalar == "\t" { return " " }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return "?"
        default: return scalar
        }
    }
}

/// What the worker passes on of an engine's standard error: whole lines, to its own.
enum EngineErrors {
    static func passOn(_ line: Data) {
        // A terminal or a log that is gone is no reason to stop working.
        try? FileHandle.standardError.write(contentsOf: line + Data("\n".utf8))
    }
}
