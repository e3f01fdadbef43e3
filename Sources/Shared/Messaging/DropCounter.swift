internal import Logging

/// Counts what a peer sent and nobody asked for, and logs it now and then: a flood must not fill the log either.
struct DropCounter {
    private var total = 0
    private let logger: Logger

    init(_ logger: Logger) { self.logger = logger }

    mutating func count(_ what: @autoclosure () -> String) {
        total += 1
        if total.nonzeroBitCount == 1 {
            logger.warning("dropped from a peer: \(what())", metadata: ["dropped so far": "\(total)"])
        }
    }
}

/// Text from a peer, fit for a log or an error: short, and without anything that a terminal would obey.
func harmless(_ text: String) -> String {
    let printable = text.unicodeScalars.prefix(300).map { scalar in
        scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format ? "?" : scalar
    }
    return String(String.UnicodeScalarView(printable))
}
