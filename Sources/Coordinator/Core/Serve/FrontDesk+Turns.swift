import FarmModel

/// What is done by one request at a time.
enum Turn: Hashable {
    /// What changes a job: between two of its steps another would find it half changed.
    case job(JobID)
    /// A film that is handed in while those that nobody needs are removed would lose its file.
    case uploads
    /// Looking at models starts a child process.
    case models
}

extension FrontDesk {
    func alone<Value: Sendable>(with turn: Turn, _ work: () async throws -> Value) async rethrows -> Value {
        await begin(turn)
        defer { end(turn) }
        return try await work()
    }

    private func begin(_ turn: Turn) async {
        guard turns[turn] != nil else {
            turns[turn] = []
            return
        }
        await withCheckedContinuation { turns[turn]?.append($0) }
    }

    private func end(_ turn: Turn) {
        guard let next = turns[turn]?.first else {
            turns[turn] = nil
            return
        }
        turns[turn]?.removeFirst()
        next.resume()
    }
}
