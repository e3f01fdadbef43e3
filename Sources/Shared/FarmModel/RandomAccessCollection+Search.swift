extension RandomAccessCollection where Element: Comparable, Index == Int {
    /// The first index whose element is not below `value` in this ascending collection; `endIndex` if all are.
    package func firstIndex(notBelow value: Element) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = low + (high - low) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
