import Foundation

/// Whether the spool's disk has room: below the reserve it is full, and it stays so until a little more is free, so that jobs do
/// not stop and go with every segment.
struct DiskWatch: Sendable {
    let path: String
    /// Bytes that stay free.
    let reserve: Int64
    private(set) var isFull = false
    /// After something could not be written although there seemed to be room (a quota, or no reserve): what was free then,
    /// and how many looks it is believed more than the file system.
    private var disbelief: (free: Int64, looks: Int)?
    private var setbacks = 0

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
        if isFull, let doubt = disbelief, doubt.looks > 0, free < doubt.free + Self.relief {
            disbelief = (doubt.free, doubt.looks - 1)
            return nil
        }
        guard (free < enough) != isFull else { return nil }
        isFull.toggle()
        guard isFull else { return .free }
        return .full(reason: reason(free: free))
    }

    /// Something could not be written for lack of space, whatever was free when it was last looked at.
    mutating func ranOut(free: Int64) -> Change? {
        guard !isFull else { return nil }
        isFull = true
        setbacks = min(setbacks + 1, 6)
        disbelief = (free, 4 << setbacks)
        return .full(reason: reason(free: free))
    }

    /// Bytes that must have come free for a write to be worth another try at once.
    private static let relief: Int64 = 64 << 20

    private func reason(free: Int64) -> String {
        "the disk of \(path) is full: \(DiskSpace.text(free)) free, \(DiskSpace.text(reserve)) are kept free; jobs go on when there is space"
    }
}
