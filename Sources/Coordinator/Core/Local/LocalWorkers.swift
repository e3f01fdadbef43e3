import FarmModel
import Foundation
import Logging
import Processes

/// The worker children of `run`: started, started again when they go away, and ended with it.
actor LocalWorkers {
    private let launches: [Launch]
    private let logger: Logger
    private var children: [Int: ChildProcess] = [:]
    private var deaths = 0
    private var stopping = false
    /// Why workers cannot be had; the run ends with it.
    private(set) var failure: CoordinatorError?

    /// A worker that lived longer got to work, so what ended it was something else than its start.
    private static let longLife = 60.0
    /// So many deaths in a row, and it is no accident.
    private static let deathLimit = 5
    /// A worker that ends so was told what cannot be: another would be told the same.
    private static let badUsage: Int32 = 2

    init(launches: [Launch], logger: Logger) {
        self.launches = launches
        self.logger = logger
    }

    func start() {
        guard failure == nil else { return }
        for index in launches.indices where children[index] == nil { startWorker(index) }
    }

    /// Process ids, for those who watch.
    var processIDs: [Int32] { children.values.map(\.processID) }

    /// Ends all workers, and returns once they are gone.
    func stop() async {
        stopping = true
        for child in children.values { child.signal(SIGKILL) }
        // In a task of its own: the one that calls is often cancelled, and could not sleep.
        await Task { while !children.isEmpty { try? await Task.sleep(for: .milliseconds(10)) } }.value
    }

    private func startWorker(_ index: Int) {
        do {
            let child = try ChildProcess(launches[index], name: "worker \(index)")
            children[index] = child
            Task { await watch(child, index, since: Monotonic.seconds) }
        } catch {
            failure = CoordinatorError(.farm, "cannot start the worker \(launches[index].executable): \(error.reason)")
        }
    }

    private func watch(_ child: ChildProcess, _ index: Int, since start: Double) async {
        let exit = await child.exit()
        children[index] = nil
        guard !stopping else { return }
        let log = launches[index].errorLog ?? "its log"
        if exit.code == Self.badUsage, !exit.bySignal {
            failure = failure ?? CoordinatorError(.usage, Self.lastWords(in: log))
        }
        guard failure == nil else { return }
        logger.warning("worker \(exit); starting another", metadata: ["worker": "\(index + 1)"])
        deaths = Monotonic.seconds - start < Self.longLife ? deaths + 1 : 1
        guard deaths < Self.deathLimit else {
            failure = CoordinatorError(
                .farm, "workers do not stay up (\(exit)): \(Self.lastLine(of: log)) (all of it in \(log))")
            return
        }
        try? await Task.sleep(for: .milliseconds(200 * (deaths - 1)))
        if !stopping, failure == nil, children[index] == nil { startWorker(index) }
    }

    /// The last line without the program's name, which here is another's.
    private static func lastWords(in log: String) -> String {
        let (line, name) = (lastLine(of: log), "worker: ")
        return line.hasPrefix(name) ? String(line.dropFirst(name.count)) : line
    }

    private static func lastLine(of log: String) -> String {
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").last.map(String.init) ?? "they said nothing"
    }
}
