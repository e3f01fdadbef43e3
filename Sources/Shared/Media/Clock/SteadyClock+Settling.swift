/// Where a new clock is set.
extension SteadyClock {
    /// Whether each stream has shown where it begins: nothing that follows is shown earlier. Or waiting takes too long.
    var isSettled: Bool {
        guard let next else { return false }
        let most = Self.mostWaiting
        let run = (next.last.values.max() ?? 0) - (starts.values.map(\.decoding).min() ?? 0)
        if waiting.count > most.packets || waitingBytes > most.bytes || run > most.ticks { return true }
        return clock.active.allSatisfy { stream in
            guard let start = starts[stream], let last = next.last[stream] else { return false }
            return last >= start.shown
        }
    }

    /// Whether no clock begins: what seemed to begin one lies behind its stream's end, and another stream has gone on by the old clock
    /// for longer than streams are apart in a file.
    var isNone: Bool {
        let stepBack = starts.allSatisfy { stream, start in left[stream].map { start.decoding < $0 } ?? false }
        return stepBack
            && clock.active.contains { stream in
                guard starts[stream] == nil, let now = clock.last[stream], let then = left[stream] else { return false }
                return now - then >= 90_000
            }
    }

    /// Gives what waited by the old clock.
    mutating func goOn() -> [Moved] {
        let moved = waiting.map { (packet: $0.packet, shift: clock.shift) }
        for (_, times, isNew) in waiting where isNew { end(times, shift: clock.shift) }
        clock.last.merge(next?.last ?? [:]) { $1 }
        (next, starts, waiting, waitingBytes) = (nil, [:], [], 0)
        return moved
    }

    /// Sets the new clock and gives what waited for it.
    /// - Parameter keeping: the film's clock is the old one again.
    mutating func settle(keeping: Bool) -> [Moved] {
        guard var new = next else { return [] }
        new.shift = shift()
        var moved: [Moved] = []
        for (packet, times, isNew) in waiting {
            moved.append((packet, isNew ? new.shift : clock.shift))
            if isNew { end(times, shift: new.shift) }
        }
        if !keeping {
            let begin = (starts.values.map(\.shown).min() ?? 0) + new.shift - (start ?? 0)
            jumps = jumps.count == 0 ? (1, begin) : (jumps.count + 1, jumps.first)
            (before, clock) = (clock, new)
        }
        (next, starts, waiting, waitingBytes) = (nil, [:], [], 0)
        return moved
    }

    /// The least by which every stream begins behind its own end.
    private func shift() -> Int64 {
        let own = starts.compactMap { stream, start in
            ends[stream].map { max($0.decoding - start.decoding, $0.shown - start.shown) }
        }
        let all = (ends.values.map(\.shown).max() ?? 0) - (starts.values.map(\.shown).min() ?? 0)
        return own.max() ?? all
    }
}
