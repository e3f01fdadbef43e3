public import Foundation

extension ChildProcess {
    /// All lines that it writes, and its end; nil where that takes longer than `limit`, even if it cannot be killed.
    /// - Throws: `CancellationError`.
    public func heard(within limit: Duration) async throws -> (lines: [Data], exit: Exit)? {
        try await withThrowingTaskGroup(of: (lines: [Data], exit: Exit)?.self) { group in
            group.addTask { [self] in
                var heard: [Data] = []
                for await line in lines { heard.append(line) }
                let exit = await exit()
                try Task.checkCancellation()
                return (heard, exit)
            }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}
