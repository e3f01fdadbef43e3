import Foundation

/// Whether the spool's disk has room: below the reserve it is full, and it stays so until a little more is free, so that jobs do
/// not stop and go with every segment.
struct DiskWatch: Sendable {
    let path: String
    /// Bytes that stay free.
    let reserve: Int64
    private(set) var isFull = false

    enum Change: Hashable, Sendable {
        case full(reason: String)
        case free
    }

    init(path: String, reserve: Int64) {
        self.path = path
        self.reserve = reserve
    }

    /// - Parameter free: bytes free now.
    mutating func look(free: Int64) -> Change? {
        let enough = isFull ? reserve + reserve / 4 : reserve
        guard (free < enough) != isFull else { return nil }
        isFull.toggle()
        guard isFull else { return .free }
        return .full(reason: reason(free: free))
    }

    /// Something could not be written for lack of space, whatever was free when it was last looked at.
    mutating func ranOut(free: Int64) -> Change? {
        guard !isFull else { return nil }
        isFull = true
        return .full(reason: reason(free: free))
    }

    private func reason(free: Int64) -> String {
        "the disk of \(path) is full: \(DiskSpace.text(free)) free, \(DiskSpace.text(reserve)) are kept free; jobs go on when there is space"
    }
}
