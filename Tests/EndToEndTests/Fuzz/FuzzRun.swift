import Foundation
import TestSupport

/// What became of a film that went wrong, and what must not have happened on the way.
struct FuzzRun {
    enum Result: Equatable {
        /// So many pictures.
        case film(Int)
        /// The exit status, and the one line.
        case refused(Int32, String)
        case broken
    }

    let fuzzCase: FuzzCase
    private(set) var result = Result.broken
    private(set) var faults: [String] = []
    private(set) var seconds = 0.0
    /// KiB, of the process that took most.
    private(set) var peak = 0

    /// Only what hangs takes so long, on any machine.
    private static let patience = 300.0
    /// KiB of a process. libtorch itself takes 250 MiB, the pictures next to nothing.
    private static let memory = 1536 << 10

    private let place: TemporaryFolder

    init(_ fuzzCase: FuzzCase) async throws {
        self.fuzzCase = fuzzCase
        place = try TemporaryFolder()
        let film = try await fuzzCase.make(in: place)
        let output = place.path("out.\(fuzzCase.output)")
        let probe = try await watched(["probe", film])
        if probe.status != 0 || probe.bySignal { judge(refusal: probe, of: film, "probe") }
        let start = Date.now
        let ended = try await watched(
            ["run", film, "-o", output, "--state", place.path("state"), "--json"] + fuzzCase.settings)
        seconds = Date.now.timeIntervalSince(start)
        if ended.status == 0, !ended.bySignal {
            try await judge(output, of: film, ended)
        } else {
            result = .refused(ended.status, ended.error.trimmingCharacters(in: .newlines))
            judge(refusal: ended, of: film, "run")
        }
        if peak > Self.memory { faults.append("a process took \(peak >> 10) MiB") }
        let log = (try? String(contentsOfFile: place.path("state/worker-1.log"), encoding: .utf8)) ?? ""
        if let line = log.split(separator: "\n").first(where: { $0.contains(/killed by signal|Fatal error|terminate/) })
        {
            faults.append("in the worker's log: \(line)")
        }
    }

    /// Runs the coordinator; one that hangs is killed.
    private mutating func watched(_ arguments: [String]) async throws -> CoordinatorProcess.Ended {
        let process = try CoordinatorProcess(arguments)
        let end = Date.now + Self.patience
        while process.isRunning {
            for one in process.tree { peak = max(peak, CoordinatorProcess.peakMemory(of: one)) }
            if Date.now > end {
                faults.append("\(arguments[0]) hung")
                process.signal(SIGKILL)
            }
            try await Task.sleep(for: .milliseconds(40))
        }
        return await process.wait()
    }

    /// One line that names the film and a reason, and nothing left behind.
    private mutating func judge(refusal ended: CoordinatorProcess.Ended, of film: String, _ what: String) {
        if ended.bySignal || ![1, 2, 3].contains(ended.status) {
            faults.append("\(what) ended with \(ended.status)\(ended.bySignal ? " (signal)" : "")")
        }
        let lines = ended.error.split(separator: "\n")
        if lines.count != 1 { faults.append("\(what) said \(lines.count) lines: \(ended.error)") }
        if !ended.error.contains(film) { faults.append("\(what) does not name the film: \(ended.error)") }
        if ended.error.contains(/crashed|killed by|no answer|is not published|not in the film as it was/) {
            faults.append("\(what): \(ended.error)")
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: place.url.path)) ?? []
        for name in names where name.hasPrefix("out") || name.hasSuffix(".part") { faults.append("\(name) is left") }
    }

    /// A film that every player can show, and that `verify` takes for its source.
    private mutating func judge(_ output: String, of film: String, _ ended: CoordinatorProcess.Ended) async throws {
        guard let frames = ended.events.last?["frames"] as? Int else {
            return faults.append("run did not say what it made: \(ended.output)")
        }
        result = .film(frames)
        let decoded = try await Judge.decodedFrames(output)
        if decoded.count != frames { faults.append("\(decoded.count) of \(frames) frames are in the film") }
        if !decoded.complaints.isEmpty { faults.append("the film does not decode: \(decoded.complaints)") }
        let verdict = try await watched(["verify", output, "--source", film])
        // Where the job gave pictures up, and said so, a decoder that has seen all that went before may give others.
        let isWarned = ended.output.contains("undecodable frames of the film are left out")
        let differences = verdict.output.split(separator: "\n").filter { line in
            line.hasPrefix("  differs: ")
                && !(isWarned && line.contains(/lacks the picture|has a picture|more: pictures/))
        }
        if verdict.bySignal || ![0, 1].contains(verdict.status) || !differences.isEmpty {
            faults.append("verify ended with \(verdict.status): \(verdict.output)\(verdict.error)")
        }
    }
}
