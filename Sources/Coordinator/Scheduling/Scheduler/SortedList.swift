/// A set in ascending order. Looking up is by halving; inserting moves what lies behind, which for some thousand small
/// elements costs less than any tree.
struct SortedList<Element: Comparable & Sendable>: Sendable, RandomAccessCollection {
    private var elements: [Element] = []

    init() {}

    var startIndex: Int { 0 }
    var endIndex: Int { elements.count }
    subscript(position: Int) -> Element { elements[position] }

    mutating func insert(_ element: Element) {
        let place = place(of: element)
        if place < elements.count, elements[place] == element { return }
        elements.insert(element, at: place)
    }

    mutating func remove(_ element: Element) {
        let place = place(of: element)
        if place < elements.count, elements[place] == element { elements.remove(at: place) }
    }

    func holds(_ element: Element) -> Bool {
        let place = place(of: element)
        return place < elements.count && elements[place] == element
    }

    /// The first element behind `element`, which need not be there itself; the very first for nil.
    func first(after element: Element?) -> Element? {
        guard let element else { return elements.first }
        var place = place(of: element)
        if place < elements.count, elements[place] == element { place += 1 }
        return place < elements.count ? elements[place] : nil
    }

    /// The first place whose element is not less.
    private func place(of element: Element) -> Int {
        var (low, high) = (0, elements.count)
        while low < high {
            let middle = (low + high) / 2
            if elements[middle] < element { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
