/// Decoding times for a film whose packets are known by their presentation times alone.
///
/// Encoders make decoding times for their own segment; joined, they would overlap. Over the whole film, with D the most by which
/// a packet is decoded later than its rank in presentation order, packet i is decoded at the time at which frame i − D is shown:
/// strictly ascending, never after its own presentation, for constant and variable rates alike.
struct DecodeOrder {
    /// Presentation times, ascending.
    private let sorted: [Int64]
    private let delay: Int
    /// Nominal ticks of a frame, before the first and after the last.
    private let step: Int64

    /// - Parameters:
    ///   - decoded: presentation times in decode order.
    ///   - sorted: the same, ascending.
    ///   - step: nominal ticks of a frame; at least 1.
    init(decoded: some Sequence<Int64>, sorted: [Int64], step: Int64) {
        var delay = 0
        for (index, pts) in decoded.enumerated() {
            delay = max(delay, index - sorted.firstIndex(notBelow: pts))
        }
        self.sorted = sorted
        self.delay = delay
        self.step = max(1, step)
    }

    /// The decoding time of the packet at `index` in decode order.
    func dts(at index: Int) -> Int64 {
        index >= delay ? sorted[index - delay] : sorted[0] - step * Int64(delay - index)
    }

    /// How long the frame that is shown at `pts` is shown.
    func duration(of pts: Int64) -> Int64 {
        let next = sorted.firstIndex(notBelow: pts + 1)
        return next < sorted.count ? sorted[next] - pts : step
    }
}
