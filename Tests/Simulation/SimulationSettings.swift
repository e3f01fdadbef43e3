import Scheduling

/// How large a farm is simulated, and how much goes wrong in it.
package struct SimulationSettings {
    package var workers = 20
    package var jobs = 3
    /// Of each job.
    package var segments = 40
    /// Seconds in which things go wrong; after them the farm is mended and left alone.
    package var storm = 240.0
    /// Probabilities for each message.
    package var loss = 0.02
    package var duplication = 0.02
    package var delay = 0.05
    /// For each attempt and delivery.
    package var engineCrash = 0.01
    package var badDelivery = 0.01
    /// For each commit, before it and after it, and for what it leads to.
    package var coordinatorCrash = 0.002
    /// Mean seconds from one to the next, over all workers.
    package var workerCrashEvery = 20.0
    package var partitionEvery = 30.0
    package var flapEvery = 20.0
    package var slowdownEvery = 40.0
    package var operatorEvery = 12.0
    package var diskTroubleEvery = 90.0
    /// Seconds between a worker's heartbeats.
    package var heartbeat = 5.0
    /// Workers that fail whatever they are given, or never get on with it.
    package var badWorkers = 2
    /// Segments of the second job that no engine survives.
    package var cursedSegments = 2
    package var planted: PlantedFault?

    package init() {}

    /// A farm of up to so many workers, drawn by the seed: small and large, calm and wild.
    package static func drawn(seed: UInt64, upTo most: Int) -> SimulationSettings {
        var generator = SeededGenerator(seed: seed &* 0x9E37_79B9)
        var settings = SimulationSettings()
        settings.workers = Int.random(in: 1...max(1, most), using: &generator)
        settings.jobs = Int.random(in: 2...4, using: &generator)
        settings.segments = max(6, Int(Double(settings.workers) * generator.between(0.5, 4)))
        settings.storm = generator.between(60, 300)
        let wildness = generator.between(0.2, 3)
        settings.loss = 0.01 * wildness
        settings.duplication = 0.01 * wildness
        settings.coordinatorCrash = 0.004 * wildness
        for path in [\SimulationSettings.workerCrashEvery, \.partitionEvery, \.flapEvery, \.slowdownEvery] {
            settings[keyPath: path] *= generator.between(0.5, 2) * 20 / (wildness * Double(settings.workers + 5))
        }
        let isBad = settings.workers > 1 && generator.chance(0.5)
        settings.badWorkers = isBad ? min(settings.workers - 1, Int.random(in: 1...5, using: &generator)) : 0
        settings.cursedSegments = generator.chance(0.3) ? Int.random(in: 1...5, using: &generator) : 0
        return settings
    }

    /// A very large farm.
    package static func large(workers: Int) -> SimulationSettings {
        var settings = SimulationSettings()
        settings.workers = workers
        settings.segments = workers / 2
        settings.storm = 100
        settings.heartbeat = 10
        settings.coordinatorCrash = 0.0005
        (settings.workerCrashEvery, settings.partitionEvery, settings.flapEvery) = (0.5, 1, 0.5)
        settings.slowdownEvery = 2
        (settings.engineCrash, settings.badDelivery) = (0.01, 0.01)
        settings.badWorkers = 5
        return settings
    }
}

/// A fault that is put in to see that it is found.
package enum PlantedFault: String, CaseIterable, Sendable {
    /// The result of an attempt that has lapsed is accepted.
    case lapsedAccepted
    /// Workers are told before the change is durable.
    case acknowledgedBeforeCommit
    /// Both results of a speculative pair are accepted.
    case bothAccepted
    /// A lease that a reconnecting worker holds is given to somebody else too.
    case leasedTwice
    /// A pause does not outlive the coordinator.
    case pauseLost
    /// A worker is set aside for what nobody else did.
    case workersBlamed
    /// A job fails by workers that never did anything.
    case jobsBlamed
    /// A bad worker is never set aside.
    case allTrusted
    /// A job's second segment goes before its first.
    case segmentsSwapped
    /// The job of lower priority goes first.
    case jobsSwapped

    var sabotage: Sabotage {
        switch self {
        case .lapsedAccepted: .acceptLapsed
        case .acknowledgedBeforeCommit: .persistLast
        case .bothAccepted: .acceptBoth
        case .leasedTwice: .leaseTwice
        case .pauseLost: .forgetPause
        case .workersBlamed: .blameWorkers
        case .jobsBlamed: .blameJobs
        case .allTrusted: .trustAll
        case .segmentsSwapped: .swapSegments
        case .jobsSwapped: .swapJobs
        }
    }
}

/// What went wrong by the seed.
package enum SimulatedFault: String, CaseIterable, Sendable {
    case lost, duplicated, overtaken, engineCrash, badDelivery, workerCrash, partition, crashBeforeCommit
    case crashAfterCommit, crashAmidActions, crashWhileFull, refused, lapsed, flap, slowdown, diskFull, slowDisk
    case deliveryHeld, joinHeld, spoolLost
    // Not faults, but what must have been seen at work to be believed.
    case adopted, speculated, takenOver, setAside, paused, drained, cancelled, retried, left, priority
}
