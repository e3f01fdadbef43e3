import FarmModel
import Media

extension SegmentLength {
    /// What `automatic` means for a film of so many seconds on so many slots: a job is to have several times as many
    /// segments as there are slots, so that a slow one does not hold up its end, but none so short that run-up, keyframes
    /// and transfers outweigh the work. One slot gains nothing from more than ten seconds give.
    func resolved(seconds: Double, slots: Int) -> SegmentLength {
        guard case .automatic = self else { return self }
        guard slots > 1 else { return .seconds(Self.longest) }
        return .seconds(min(Self.longest, max(Self.shortest, seconds / Double(slots * Self.perSlot))))
    }

    private static var longest: Double { 10 }
    private static var shortest: Double { 2 }
    private static var perSlot: Int { 4 }
}

extension FrameTable {
    /// From the first frame's time to the last one's.
    var seconds: Double {
        guard let first = timestamps.first, let last = timestamps.last else { return 0 }
        return Double(last - first) * timeBase.value
    }
}
