import Scheduling

/// The coordinator's disk: how long a commit takes, and whether there is space.
struct SimulatedDisk {
    var isFull = false
    var isSlow = false

    func commitTime(using generator: inout SeededGenerator) -> Double {
        isFull ? 1 : isSlow ? generator.between(0.2, 3) : generator.between(0.001, 0.02)
    }
}

extension Simulation {
    /// Full for a while, or slow, or a file of the spool is lost.
    func troubleDisk() {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0, 1: fillDisk()
        case 2:
            count(.slowDisk)
            disk.isSlow = true
            after(generator.between(5, 40)) { $0.disk.isSlow = false }
        default:
            let running = store.plans.values.filter { $0.state == .running }.sorted { $0.id.rawValue < $1.id.rawValue }
            let accepted = running.flatMap(\.segments).compactMap { $0.result?.attempt }
            // It is noticed when the coordinator starts.
            guard !accepted.isEmpty else { return }
            let attempt = accepted[generator.index(below: accepted.count)]
            spool.remove(attempt)
            damaged.insert(attempt)
        }
    }

    private func fillDisk() {
        count(.diskFull)
        disk.isFull = true
        diskTroubled = now
        after(0.5) { try $0.submit(.diskFull(reason: "no space in the spool"), in: $0.life) }
        after(generator.between(5, 60)) { simulation in
            simulation.disk.isFull = false
            // Said until the coordinator has heard it: it may be down just now.
            for wait in [0.1, 5, 15, 30] {
                simulation.after(wait) {
                    if !$0.disk.isFull { try $0.submit(.diskFree, in: $0.life) }
                }
            }
        }
    }
}
