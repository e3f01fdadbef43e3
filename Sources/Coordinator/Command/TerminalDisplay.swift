import CoordinatorCore
import FarmModel
import Foundation
import Synchronization

/// A bar that redraws itself on a terminal; on a pipe, a plain line now and then. All of it is on standard error: standard output has
/// what scripts read.
final class TerminalDisplay: RunDisplay {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    /// Whoever reads standard output reads standard error too.
    private let isReadByPeople = isatty(STDOUT_FILENO) == 1 && isatty(STDERR_FILENO) == 1
    private let state = Mutex(State())

    private struct State {
        var lastLine = 0.0
        var barShown = false
    }

    /// Seconds between plain lines.
    private static let interval = 10.0

    func show(_ report: RunReport) {
        state.withLock { state in
            switch report {
            // What films are called is other people's words.
            case .note(let text): write(text.harmless + "\n", &state)
            case .warning(let text): write("warning: \(text.harmless)\n", &state)
            case .progress(let progress): draw(progress, &state)
            case .done(let done): write(Self.text(done).harmless + "\n", &state)
            case .submitted(let job, let film):
                write("\(job)  \(film)".harmless + "\n", &state)
                if !isReadByPeople { Output.lines([job]) }
            }
        }
    }

    /// Clears the bar: what follows is printed by somebody else.
    func finish() { state.withLock { write("", &$0) } }

    private func draw(_ progress: RunProgress, _ state: inout State) {
        if isTerminal {
            put("\r\u{1B}[K" + Self.bar(progress, columns: Self.columns))
            state.barShown = true
        } else if progress.seconds - state.lastLine >= Self.interval || progress.seconds < state.lastLine {
            put(Self.line(progress) + "\n")
            state.lastLine = progress.seconds
        }
    }

    /// Writes whole lines, in place of the bar where one is drawn.
    private func write(_ text: String, _ state: inout State) {
        put((state.barShown ? "\r\u{1B}[K" : "") + text)
        state.barShown = false
    }

    private func put(_ text: String) { Output.error(text) }

    private static var columns: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    // MARK: Text

    /// `[#####.....] 50% 66/132 frames  2.1 fps  ETA 0:31  segments 1/3`
    static func bar(_ progress: RunProgress, columns: Int) -> String {
        let text = line(progress)
        let room = columns - text.count - 4
        guard room >= 10 else { return String(text.prefix(columns - 1)) }
        let width = min(room, 40)
        let filled = Int(Double(width) * progress.fraction)
        return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled) + "] " + text
    }

    static func line(_ progress: RunProgress) -> String {
        if let waits = progress.waits, progress.phase == .waiting { return "waiting: \(waits)".harmless }
        let unit = progress.phase.isTransfer ? 1 << 20 : 1
        var text = String(
            format: "%3.0f%%  %@ %d/%d", progress.fraction * 100, progress.phase.rawValue, progress.frames / unit,
            progress.total / unit)
        if progress.phase.isTransfer { text += " MiB" }
        if let fps = progress.fps {
            text +=
                progress.phase.isTransfer
                ? String(format: "  %.0f MiB/s", fps / 0x1p20) : String(format: "  %.2f fps", fps)
        }
        if let eta = progress.eta { text += "  ETA " + clock(eta) }
        if let segments = progress.segments { text += "  segments \(segments.accepted)/\(segments.total)" }
        if let waits = progress.waits { text += "  waiting: \(waits)".harmless }
        return text
    }

    static func text(_ done: RunDone) -> String {
        guard let fps = done.fps else { return "\(done.output): \(done.frames.counting("frame"))" }
        return "\(done.output): \(done.frames.counting("frame")) in \(clock(done.seconds)), "
            + String(format: "%.2f fps, device busy %.0f%%", fps, done.deviceBusy * 100)
    }

    static func clock(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        return whole >= 3600
            ? String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
            : String(format: "%d:%02d", whole / 60, whole % 60)
    }
}
