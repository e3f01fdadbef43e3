import Foundation

/// What a phase showed, of the load and of the coordinator.
struct PhaseReport: Encodable {
    var event = "phase"
    /// Seconds that a segment took.
    var work: Double
    /// Cycles a second that the workers ask for; nil: as many as they get.
    var asked: Double?
    var cycles: Int
    var seconds: Double
    var rate: Double
    var refused: Int
    var cancelled: Int
    /// In milliseconds.
    var deliver: Spread
    var commit: Spread
    var lease: Spread
    /// CPU milliseconds a cycle.
    var loadCPU: Double
    var coordinatorCPU: Double?
    /// CPUs that the coordinator kept busy.
    var coordinatorBusy: Double?
    /// Bytes.
    var coordinatorPeak: Int?
    var coordinatorFiles: Int?

    init(_ phase: Phase, _ workers: Int, _ measured: Measured, _ before: ProcessUse?, _ after: ProcessUse?) {
        let cycles = Double(max(1, measured.cycles))
        work = phase.work
        asked = phase.work > 0 ? Double(workers) / phase.work : nil
        (self.cycles, seconds, rate) = (measured.cycles, measured.seconds, measured.rate)
        (refused, cancelled) = (measured.refused, measured.cancelled)
        (deliver, commit, lease) = (Spread(measured.deliver), Spread(measured.commit), Spread(measured.lease))
        loadCPU = measured.cpuSeconds / cycles * 1000
        guard let before, let after else { return }
        let used = after.cpuSeconds - before.cpuSeconds
        coordinatorCPU = used / cycles * 1000
        coordinatorBusy = used / (after.time - before.time)
        (coordinatorPeak, coordinatorFiles) = (after.peak, after.files)
    }

    /// For people.
    var text: String {
        func row(_ name: String, _ spread: Spread) -> String {
            String(
                format: "    %@ median %8.1f ms   p99 %8.1f   longest %8.1f", name.padding(to: 26), spread.median,
                spread.p99,
                spread.max)
        }
        let asked = asked.map { String(format: "%.0f asked for", $0) } ?? "as many as they get"
        var lines = [
            String(format: "  segments of %g s, %@: %.0f cycles/s (%d in %.0f s)", work, asked, rate, cycles, seconds),
            row("offer to received", deliver), row("result to accepted", commit), row("result to next lease", lease),
            String(format: "    CPU a cycle: load %.2f ms", loadCPU),
        ]
        if let coordinatorCPU, let coordinatorBusy, let coordinatorPeak, let coordinatorFiles {
            lines[4] += String(
                format: ", coordinator %.2f ms (%.2f CPUs); its peak %d MiB, %d descriptors", coordinatorCPU,
                coordinatorBusy, coordinatorPeak >> 20, coordinatorFiles)
        }
        if refused + cancelled > 0 { lines.append("    \(refused) refused, \(cancelled) cancelled") }
        return lines.joined(separator: "\n")
    }
}

/// Prints what there is to tell.
struct Report {
    let isJSON: Bool

    func show(_ phase: PhaseReport) { isJSON ? show(encoding: phase) : say(phase.text) }
    func show(_ rate: DiskRate) { isJSON ? show(encoding: rate) : say(rate.text) }

    func show(_ event: [String: Any]) {
        guard !isJSON else {
            let line = try? JSONSerialization.data(withJSONObject: event, options: .sortedKeys)
            return say(String(decoding: line ?? Data(), as: UTF8.self))
        }
        let parts = event.filter { $0.key != "event" }.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        say("  \(event["event"] ?? ""): \(parts.joined(separator: ", "))")
    }

    private func show(encoding value: some Encodable) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        if let line = try? encoder.encode(value) { say(String(decoding: line, as: UTF8.self)) }
    }

    private func say(_ line: String) {
        print(line)
        fflush(nil)
    }
}

extension String {
    func padding(to count: Int) -> String { padding(toLength: max(count, self.count), withPad: " ", startingAt: 0) }
}
