import FarmProtocol
import Foundation

/// Jobs in words.
enum JobText {
    static func table(_ jobs: [JobView]) -> [String] {
        guard !jobs.isEmpty else { return ["no jobs"] }
        let rows = jobs.map { job in
            [
                job.id.rawValue, job.state.rawValue, "\(job.priority)", progress(job),
                "\(job.segments.accepted)/\(job.segments.total)", job.fps.map { String(format: "%.1f", $0) } ?? "-",
                eta(job), job.owner ?? "-", job.film + why(job),
            ]
        }
        return TextTable.lines(["JOB", "STATE", "PRIO", "DONE", "SEGMENTS", "FPS", "ETA", "OWNER", "FILM"], rows)
    }

    static func detail(_ detail: JobDetail) -> [String] {
        let job = detail.job
        var lines = ["\(job.id)  \(job.film)  \(job.state.rawValue)"]
        if !detail.recipe.isEmpty { lines.append("  recipe    \(detail.recipe)") }
        lines.append("  frames    \(job.frames) of \(job.total) (\(progress(job)))")
        lines.append(
            "  segments  \(job.segments.accepted) accepted, \(job.segments.leased) leased, \(job.segments.waiting) waiting"
        )
        if let fps = job.fps { lines.append(String(format: "  speed     %.2f fps, ETA %@", fps, eta(job))) }
        if let output = job.output { lines.append("  output    \(output) at the coordinator") }
        if job.state == .done, job.output == nil { lines.append("  output    kept there: coordinator fetch \(job.id)") }
        lines.append("  submitted \(HistoryText.time(job.submitted)) by \(job.owner ?? "-"), priority \(job.priority)")
        lines += job.waits.map { "  waits     \($0)" }
        lines += job.reasons.map { "  failed    \($0)" }
        lines += detail.warnings.map { "  warning   \($0)" }
        if let slowest = detail.slowest { lines.append("  slowest   \(running(slowest))") }
        lines += detail.running.map { "  running   \(running($0))" }
        for failure in detail.failures {
            lines.append("  attempt   \(failure.attempt) on \(failure.worker): \(failure.reason)")
            lines += failure.log.map { "            | \($0)" }
        }
        return lines
    }

    static func progress(_ job: JobView) -> String { String(format: "%.0f%%", job.fraction * 100) }

    /// `0:31`, or `0:20-0:45` where it is not sure.
    static func eta(_ job: JobView) -> String {
        guard let eta = job.eta, !job.state.isEnded else { return "-" }
        let (low, high) = (TerminalDisplay.clock(eta.low), TerminalDisplay.clock(eta.high))
        return low == high ? low : "\(low)-\(high)"
    }

    private static func why(_ job: JobView) -> String {
        guard let first = job.state == .failed ? job.reasons.first : job.waits.first else { return "" }
        return "  (\(first))"
    }

    private static func running(_ segment: JobDetail.Running) -> String {
        "segment \(segment.attempt.segment.index), attempt \(segment.attempt.number) on \(segment.worker): "
            + "\(segment.frames)/\(segment.total) frames, \(TerminalDisplay.clock(segment.seconds))"
    }
}

/// History in words.
enum HistoryText {
    static func lines(_ entry: HistoryView) -> [String] {
        var parts = [time(entry.time)]
        if let segment = entry.segment { parts.append("segment \(segment)" + (entry.attempt.map { "#\($0)" } ?? "")) }
        parts.append(entry.kind)
        let detail = entry.detail.split(separator: "\n", omittingEmptySubsequences: true)
        if let first = detail.first { parts.append(String(first)) }
        return [parts.joined(separator: "  ")] + detail.dropFirst().map { "    | \($0)" }
    }

    static func time(_ seconds: Double) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "yyyy-MM-dd HH:mm:ss"
        return formatter.string(from: Date(timeIntervalSince1970: seconds))
    }
}
