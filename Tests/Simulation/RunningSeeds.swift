import Synchronization

/// The seeds that are being run, where a signal handler can read them.
package enum RunningSeeds {
    package static let capacity = 64
    // Written by whoever runs a seed, each in a place of its own; read when the process dies.
    private nonisolated(unsafe) static let places: UnsafeMutablePointer<UInt64> = {
        let places = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity)
        places.initialize(repeating: 0, count: capacity)
        return places
    }()
    private static let taken = Mutex<Set<Int>>([])

    static func begin(_ seed: UInt64) -> Int? {
        let place = taken.withLock { taken in
            let free = (0..<capacity).first { !taken.contains($0) }
            if let free { taken.insert(free) }
            return free
        }
        if let place { places[place] = seed + 1 }
        return place
    }

    static func end(_ place: Int?) {
        guard let place else { return }
        places[place] = 0
        taken.withLock { _ = $0.remove(place) }
    }

    package static func seed(at place: Int) -> UInt64? { places[place] == 0 ? nil : places[place] - 1 }
}
