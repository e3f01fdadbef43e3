public import FarmModel

/// Picks, among the pictures that a decoder gives, the promised frames, and knows which did not come.
public struct FrameSelector: Sendable {
    /// The frames that are promised.
    public let context: FrameRange
    private let timestamps: [Int64]
    private var seen: [Bool]
    private var last = -1

    /// - Parameter timestamps: of the frames of `context`, ascending.
    public init(context: FrameRange, timestamps: [Int64]) {
        precondition(timestamps.count == context.count, "one timestamp a frame")
        self.context = context
        self.timestamps = timestamps
        seen = Array(repeating: false, count: timestamps.count)
    }

    /// The frame number of a picture, or nil where it is none of the promised, comes twice, or comes after a later one.
    /// The numbers that this gives ascend.
    public mutating func accept(timestamp: Int64?) -> Int? {
        guard let timestamp, let index = index(of: timestamp), index > last else { return nil }
        last = index
        seen[index] = true
        return context.first + index
    }

    /// True as soon as the last promised frame was accepted.
    public var isComplete: Bool { last == timestamps.count - 1 }

    /// Promised frames that did not come, ascending.
    public var missing: [Int] { seen.indices.filter { !seen[$0] }.map { context.first + $0 } }

    private func index(of timestamp: Int64) -> Int? {
        let index = timestamps.firstIndex(notBelow: timestamp)
        return index < timestamps.count && timestamps[index] == timestamp ? index : nil
    }
}

extension RandomAccessCollection where Element: Comparable, Index == Int {
    /// The first index whose element is not below `value` in this ascending collection; `endIndex` if all are.
    func firstIndex(notBelow value: Element) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = low + (high - low) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
