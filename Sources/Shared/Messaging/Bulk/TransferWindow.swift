/// The receiver's book of one transfer: which chunks it may ask for, and which one it takes next.
///
/// Chunks are asked for in order and arrive in order, as a ZeroMQ connection keeps it; what comes out of turn is what a
/// broken connection left behind, and is not taken. So a transfer's memory is its window, and its hash is made as
/// it goes. What is outstanding or not yet written is at most the credit. An empty blob has one chunk of no bytes: someone must say that it exists.
struct TransferWindow: Hashable {
    let size: Int64
    let chunkSize: Int64
    let credit: Int64
    /// Chunks that arrived, all from the start.
    private(set) var arrived: Int64 = 0
    /// Chunks that are done with, all from the start: they take up no memory any more.
    private(set) var settled: Int64 = 0
    /// Chunks that were asked for, all from the start.
    private(set) var asked: Int64 = 0

    /// - Parameters:
    ///   - size: bytes of the blob, 0 or more
    ///   - chunkSize: bytes, 1 or more
    ///   - credit: chunks that may be outstanding, 1 or more
    init(size: Int64, chunkSize: Int, credit: Int) {
        self.size = size
        self.chunkSize = Int64(chunkSize)
        self.credit = Int64(credit)
    }

    var chunks: Int64 { size == 0 ? 1 : (size - 1) / chunkSize + 1 }
    var outstanding: Int { Int(asked - arrived) }
    var isComplete: Bool { arrived == chunks }
    var isSettled: Bool { settled == chunks }
    var settledBytes: Int64 { min(settled * chunkSize, size) }

    /// The next chunk to ask for, or nil while the window is full or nothing is left.
    mutating func next() -> (offset: Int64, size: Int)? {
        guard asked < chunks, asked - settled < credit else { return nil }
        defer { asked += 1 }
        return chunk(asked)
    }

    /// The chunk that was asked for last was not asked for after all.
    mutating func putBack() { if asked > arrived { asked -= 1 } }

    /// Whether these bytes are the ones whose turn it is; they count as arrived then.
    mutating func take(offset: Int64, size: Int) -> Bool {
        guard arrived < asked, chunk(arrived) == (offset, size) else { return false }
        arrived += 1
        return true
    }

    /// The oldest chunk that arrived is in the file.
    mutating func settle() { settled = min(settled + 1, arrived) }

    /// So many bytes, whole chunks or all, were there before.
    mutating func skip(_ bytes: Int64) {
        arrived = bytes == size && size > 0 ? chunks : bytes / chunkSize
        (settled, asked) = (arrived, arrived)
    }

    /// Begins from nothing.
    mutating func restart() { (arrived, settled, asked) = (0, 0, 0) }

    /// The chunk whose turn it is, where it was asked for.
    var owed: (offset: Int64, size: Int)? { arrived < asked ? chunk(arrived) : nil }

    /// Takes it that whatever is outstanding was lost.
    mutating func askAgain() { asked = arrived }

    private func chunk(_ index: Int64) -> (offset: Int64, size: Int) {
        let offset = index * chunkSize
        return (offset, Int(min(chunkSize, size - offset)))
    }
}
