import Foundation
import Simulation
import Synchronization

// Simulates a farm for many seeds: `simulate [--seeds 1-1000] [--workers 50] [--large 5] [--planted FAULT]`.
// A seed that fails prints the command that replays it; the exit status is 1 then.

var options = ["--seeds": "1-1000", "--workers": "50", "--large": "0", "--planted": ""]
var arguments = CommandLine.arguments.dropFirst()
while let name = arguments.popFirst() {
    guard options[name] != nil, let value = arguments.popFirst() else {
        print("usage: simulate [--seeds 1-1000] [--workers 50] [--large 5] [--planted FAULT]")
        exit(2)
    }
    options[name] = value
}

let seeds = SimulationRun.seeds(options["--seeds"] ?? "")
let most = Int(options["--workers"] ?? "") ?? 50
let large = Int(options["--large"] ?? "") ?? 0
let planted = PlantedFault(rawValue: options["--planted"] ?? "")
let progress = Mutex((done: 0, steps: 0, failures: 0, faults: [SimulatedFault: Int]()))

@Sendable func note(_ outcome: SimulationOutcome) {
    progress.withLock { progress in
        progress.done += 1
        progress.steps += outcome.steps
        progress.faults.merge(outcome.faults, uniquingKeysWith: +)
        guard let failure = outcome.failure else { return }
        progress.failures += 1
        print(failure)
    }
}

// A trap takes the whole process down and would not name its seed: this says which ones were being run.
for trap in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS] { signal(trap) { tellSeeds(after: $0) } }

let began = Date()
SimulationRun.run(seeds) { [most, planted] seed in
    var settings = SimulationSettings.drawn(seed: seed, upTo: most)
    settings.planted = planted
    return settings
} replay: { [most] in
    "swift run -c release simulate --workers \(most) --seeds \($0)" + (planted.map { " --planted \($0)" } ?? "")
} outcome: {
    note($0)
}
let largeSeeds = (0..<max(0, large)).map { UInt64($0 + 1) }
SimulationRun.run(largeSeeds) { _ in
    SimulationSettings.large(workers: 2000)
} replay: {
    "swift run -c release simulate --seeds '' --large \($0)"
} outcome: {
    note($0)
}
progress.withLock { progress in
    let faults = SimulatedFault.allCases.map { "\($0) \(progress.faults[$0] ?? 0)" }.joined(separator: ", ")
    let seconds = String(format: "%.1f", -began.timeIntervalSinceNow)
    print("\(progress.done) seeds, \(progress.steps) events in \(seconds) s; \(progress.failures) failed\n\(faults)")
    exit(progress.failures == 0 ? 0 : 1)
}
