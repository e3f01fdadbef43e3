import Foundation

/// What the workers of a process share.
final class Floor {
    /// Seconds that a segment takes.
    var work = 0.0
    /// Counts the phases.
    var phase = 0
    var welcomed = 0
    var accepted = 0
    var refused = 0
    var gray = EncodedGray()
    let encoders: [String]
    let epoch = Int64(Date().timeIntervalSince1970 * 1000)
    private var measured: Measured?

    init(encoders: [String]) { self.encoders = encoders }

    /// Begins to measure.
    func open() { measured = Measured() }

    /// Ends it.
    func close() -> Measured? {
        defer { measured = nil }
        return measured
    }

    /// Within the window only.
    func note(_ change: (inout Measured) -> Void) {
        guard var open = measured.take() else { return }
        change(&open)
        measured = open
    }
}
