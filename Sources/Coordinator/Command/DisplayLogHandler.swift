import CoordinatorCore
import Logging

/// Sends warnings and errors of the log to the display, which knows whether a bar is drawn.
struct DisplayLogHandler: LogHandler {
    let display: any RunDisplay
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .warning

    init(_ display: any RunDisplay) { self.display = display }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let details = all.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        display.show(.warning("\(event.message)\(details.isEmpty ? "" : " (\(details))")"))
    }
}
