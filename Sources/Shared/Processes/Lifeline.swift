internal import Foundation

/// Ties a child to its parent: the child ends when the parent's end of its standard input closes, which the kernel does
/// even for a parent that was killed.
public enum Lifeline {
    /// For a child that is not spoken to: ends this process when standard input ends.
    public static func hold() {
        ignoreTerminal()
        LineReader.start(.standardInput, name: "lifeline", line: { _ in }, end: { _exit(0) })
    }

    /// Leaves Ctrl-C to the parent: it reaches the whole foreground group, but a child ends when told, or by its lifeline.
    public static func ignoreTerminal() {
        signal(SIGINT, SIG_IGN)
        // A parent that is gone is noticed by a failing write, not by a signal.
        signal(SIGPIPE, SIG_IGN)
    }
}
