import FarmModel

/// Attempts for which files of the spool are to be read and hashed, in the order in which that was asked for. Only so many are
/// read at a time: all at once, on a disk, all would end as late as the last.
struct ReadQueue<Order: Sendable>: Sendable {
    let most: Int
    private var orders: [AttemptID: Order] = [:]
    /// Those that wait, and some that are wanted no more.
    private var line: [AttemptID] = []
    private var begun = 0
    private var running: [AttemptID: Order] = [:]

    init(most: Int) { self.most = most }

    mutating func add(_ order: Order, for attempt: AttemptID) {
        if orders.updateValue(order, forKey: attempt) == nil { line.append(attempt) }
    }

    /// The next that may begin; nil where enough are at it, or none waits. To be followed by `end`.
    mutating func begin() -> (attempt: AttemptID, order: Order)? {
        while running.count < most, begun < line.count {
            let attempt = line[begun]
            // One that was ended and asked for again at once may be under way still.
            guard running[attempt] == nil else { return nil }
            begun += 1
            guard let order = orders.removeValue(forKey: attempt) else { continue }
            running[attempt] = order
            return (attempt, order)
        }
        if begun == line.count { (line, begun) = ([], 0) }
        return nil
    }

    mutating func end(_ attempt: AttemptID) { running[attempt] = nil }

    /// Nobody wants it any more. One that is under way ends by itself.
    mutating func drop(_ attempt: AttemptID) { orders[attempt] = nil }

    /// What waits or is under way.
    var pending: [(key: AttemptID, value: Order)] { running.map { $0 } + orders.map { $0 } }
}
