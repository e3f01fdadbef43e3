import ArgumentParser
import Foundation

/// Starts the swarms, leads them through the phases together, and tells what they saw.
struct Drive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Start swarms of light workers, and measure.")

    @OptionGroup var access: Access

    @Option(help: "How many light workers.")
    var workers = 1000

    @Option(help: "How many processes they share.")
    var processes = 4

    @Option(
        help: ArgumentHelp(
            "A phase: seconds that a segment takes, and seconds to measure. Without any: no work time, until SIGTERM.",
            valueName: "work:seconds"))
    var phase: [Phase] = []

    @Option(help: "The coordinator's process, whose CPU time and memory are told too.")
    var coordinator: Int32?

    @Option(help: "A folder on the coordinator's disk: its fsync rate is told too.")
    var disk: String?

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() async throws {
        let report = Report(isJSON: json)
        if let disk { for threads in [1, 4, 64] { report.show(try DiskRate.measure(disk, threads: threads)) } }
        let swarms = try start()
        for swarm in swarms { guard case .ready? = try swarm.answer() else { throw LoadError("a swarm has ended") } }
        report.show(["event": "ready", "workers": workers, "processes": processes])
        if phase.isEmpty {
            await Self.untilTold { for swarm in swarms { swarm.give(.phase(work: 0, settle: 0, seconds: 0)) } }
        }
        for phase in phase { report.show(try measure(phase, swarms)) }
        for swarm in swarms { swarm.give(.drain) }
        var total = (accepted: 0, refused: 0)
        for swarm in swarms {
            while let answer = try swarm.answer() {
                guard case .total(let accepted, let refused) = answer else { continue }
                total = (total.accepted + accepted, total.refused + refused)
            }
        }
        report.show(["event": "total", "accepted": total.accepted, "refused": total.refused])
    }

    private func start() throws -> [SwarmProcess] {
        let share = workers / processes
        return try (0..<processes).map { index in
            let count = index == processes - 1 ? workers - share * index : share
            return try SwarmProcess([
                "swarm", "--key", access.key, "--first", "\(share * index)", "--count", "\(count)",
            ])
        }
    }

    /// One phase, by all swarms at once.
    private func measure(_ phase: Phase, _ swarms: [SwarmProcess]) throws -> PhaseReport {
        // A first segment takes a part of the time; then all is in its stride.
        let settle = max(5, 1.2 * phase.work)
        for swarm in swarms { swarm.give(.phase(work: phase.work, settle: settle, seconds: phase.seconds)) }
        Thread.sleep(forTimeInterval: settle)
        let before = coordinator.map(ProcessUse.init)
        var measured = Measured()
        for swarm in swarms {
            guard case .phase(let part)? = try swarm.answer() else { throw LoadError("a swarm has ended") }
            measured.add(part)
        }
        let after = coordinator.map(ProcessUse.init)
        return PhaseReport(phase, workers, measured, before, after)
    }

    private static func untilTold(_ begin: () -> Void) async {
        signal(SIGTERM, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGTERM)
        let (told, tell) = AsyncStream.makeStream(of: Void.self)
        source.setEventHandler { tell.yield() }
        source.resume()
        begin()
        for await _ in told { break }
        source.cancel()
    }
}

/// How long a segment takes, and how long is measured, in seconds.
struct Phase: ExpressibleByArgument {
    var work: Double
    var seconds: Double

    init?(argument: String) {
        let parts = argument.split(separator: ":").compactMap { Double($0) }
        guard parts.count == 2, parts[0] >= 0, parts[1] > 0 else { return nil }
        (work, seconds) = (parts[0], parts[1])
    }
}

/// This program again, as a child with some of the workers. It ends with its standard input.
final class SwarmProcess {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var rest = Data()

    init(_ arguments: [String]) throws {
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    func give(_ order: Order) { try? input.fileHandleForWriting.write(contentsOf: Data(order.line.utf8)) }

    /// Waits for its next word; nil where it has ended.
    func answer() throws -> Answer? {
        while true {
            if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Data(rest[..<end])
                rest = Data(rest[rest.index(after: end)...])
                return try JSONDecoder().decode(Answer.self, from: line)
            }
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { return nil }
            rest += more
        }
    }
}
