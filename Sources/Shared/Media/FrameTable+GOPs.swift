public import FarmModel

extension FrameTable {
    /// The part of the film that is `range`, in segments.
    /// - Parameter gops: the length of the result's GOPs, of which segments hold whole ones; nil where every frame is encoded
    ///   by itself.
    public func segments(length: SegmentLength, gops: SegmentLength?, within range: FrameRange) -> [FrameRange] {
        guard let gops else { return segments(length: length, within: range) }
        return segments(length: length, of: segments(length: gops, within: range))
    }

    /// Segments of whole GOPs of the result: each ends at that border of two GOPs which is nearest to `length`.
    ///
    /// The encoder begins anew at every GOP, wherever segments begin, so that the film is the same, bit for bit, however it
    /// was split.
    /// - Parameters:
    ///   - length: a rest shorter than a quarter of `.seconds` goes to the segment before it. `.automatic` is 10 seconds.
    ///   - gops: one behind the other.
    func segments(length: SegmentLength, of gops: [FrameRange]) -> [FrameRange] {
        var segments: [FrameRange] = []
        for gop in gops {
            guard let last = segments.last, isBetter(FrameRange(last.first, gop.end), than: last, as: length) else {
                segments.append(gop)
                continue
            }
            segments[segments.count - 1].end = gop.end
        }
        if case .frames = length { return segments }
        guard segments.count > 1, let rest = segments.last, error(of: rest, as: length) < -0.75 else { return segments }
        segments.removeLast()
        segments[segments.count - 1].end = rest.end
        return segments
    }

    private func isBetter(_ longer: FrameRange, than range: FrameRange, as length: SegmentLength) -> Bool {
        abs(error(of: longer, as: length)) < abs(error(of: range, as: length))
    }

    /// By how much, in parts of `length`, `range` is too long.
    private func error(of range: FrameRange, as length: SegmentLength) -> Double {
        switch length {
        case .automatic: error(of: range, as: .seconds(10))
        case .seconds(let seconds): ticks(range) * timeBase.value / seconds - 1
        case .frames(let frames): Double(range.count) / Double(frames) - 1
        }
    }
}
