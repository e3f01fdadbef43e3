import Foundation

/// What came of one seed.
package struct SimulationOutcome: Sendable {
    package var seed: UInt64
    package var steps: Int
    package var faults: [SimulatedFault: Int]
    /// What was broken, with the command that replays it; nil where all held.
    package var failure: String?
}

/// Many seeds, on all processors.
package enum SimulationRun {
    /// Runs one seed. The same arguments give the same run.
    package static func run(_ seed: UInt64, _ settings: SimulationSettings, replay: String) -> SimulationOutcome {
        let place = RunningSeeds.begin(seed)
        defer { RunningSeeds.end(place) }
        let simulation = Simulation(seed: seed, settings: settings)
        var failure: String?
        do { try simulation.run() } catch {
            failure = "seed \(seed), at \(simulation.now) s: \(error)\nreplay: \(replay)"
        }
        return SimulationOutcome(seed: seed, steps: simulation.steps, faults: simulation.faults, failure: failure)
    }

    /// Runs seeds beside each other; each outcome is told as it comes.
    package static func run(
        _ seeds: [UInt64], settings: @Sendable (UInt64) -> SimulationSettings, replay: @Sendable (UInt64) -> String,
        outcome: @escaping @Sendable (SimulationOutcome) -> Void
    ) {
        DispatchQueue.concurrentPerform(iterations: seeds.count) { index in
            let seed = seeds[index]
            outcome(run(seed, settings(seed), replay: replay(seed)))
        }
    }

    /// `7,12,100-199`
    package static func seeds(_ text: String) -> [UInt64] {
        text.split(separator: ",").flatMap { part -> [UInt64] in
            let ends = part.split(separator: "-").compactMap { UInt64($0) }
            guard let first = ends.first, let last = ends.last, first <= last else { return [] }
            return Array(first...last)
        }
    }
}
