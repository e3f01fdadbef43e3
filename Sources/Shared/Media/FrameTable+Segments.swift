public import FarmModel

extension FrameTable {
    /// The film in segments.
    ///
    /// `.frames(n)`: exactly n frames each, wherever keyframes lie; the last may be shorter.
    ///
    /// `.seconds(t)`: a segment ends at the first keyframe at or after t seconds. Where the keyframe that follows is more than
    /// 1.5 t away, that GOP is split inside into equal pieces of about t. Piece i of k decodes the i − 1 before it as run-up,
    /// in all (k − 1) / 2 times the GOP. With one decoded frame costing at most 1/32 of an upscaled one, run-up stays
    /// below a quarter of the work as long as k ≤ 1 + ⅔ · (1 + 32) = 23, so there are no more pieces than that.
    /// A rest shorter than t / 4 goes to the segment before it.
    ///
    /// `.automatic` is 10 seconds where nobody knows the slots.
    public func segments(length: SegmentLength) -> [FrameRange] {
        switch length {
        case .frames: return segments(length: length, within: FrameRange(0, count))
        case .automatic: return segments(length: .seconds(10))
        case .seconds(let seconds):
            return segments(ticks: max(seconds, 0) / max(timeBase.value, .leastNormalMagnitude))
        }
    }

    /// The part of the film that is `range`, in segments: cut where the whole film is, but for exact lengths, which count from
    /// the part's first frame.
    public func segments(length: SegmentLength, within range: FrameRange) -> [FrameRange] {
        if case .frames(let frames) = length {
            let step = max(1, frames)
            return stride(from: range.first, to: range.end, by: step).map { FrameRange($0, min($0 + step, range.end)) }
        }
        return segments(length: length).compactMap { segment in
            let (first, end) = (max(segment.first, range.first), min(segment.end, range.end))
            return first < end ? FrameRange(first, end) : nil
        }
    }

    private static let mostPieces = 23

    private func segments(ticks target: Double) -> [FrameRange] {
        var segments: [FrameRange] = []
        var start = 0
        for gop in sourceGOPs {
            if ticks(gop) > 1.5 * target {
                let before = FrameRange(start, gop.first)
                let apart = ticks(before) >= target / 2 && !before.isEmpty
                if apart { segments.append(before) }
                segments += pieces(of: FrameRange(apart ? gop.first : start, gop.end), ticks: target)
                start = gop.end
            } else if ticks(FrameRange(start, gop.end)) >= target {
                segments.append(FrameRange(start, gop.end))
                start = gop.end
            }
        }
        let rest = FrameRange(start, count)
        if let last = segments.last, ticks(rest) < target / 4 {
            segments[segments.count - 1] = FrameRange(last.first, rest.end)
        } else if !rest.isEmpty {
            segments.append(rest)
        }
        return segments
    }

    private var sourceGOPs: [FrameRange] {
        let cuts = [0] + keyframes.filter { $0 > 0 } + [count]
        return zip(cuts, cuts.dropFirst()).filter { $0 < $1 }.map { FrameRange($0, $1) }
    }

    private func pieces(of range: FrameRange, ticks target: Double) -> [FrameRange] {
        let wished = target > 0 ? ticks(range) / target : Double(Self.mostPieces)
        let pieces = max(1, min(Self.mostPieces, range.count, Int(wished.rounded())))
        let cuts = (0...pieces).map { range.first + range.count * $0 / pieces }
        return zip(cuts, cuts.dropFirst()).map { FrameRange($0, $1) }
    }

    /// How long `range` is shown, in ticks; the film's last frame, where it does not tell, for as long as frames are on average.
    func ticks(_ range: FrameRange) -> Double {
        guard !range.isEmpty, let first = timestamps.first, let last = timestamps.last else { return 0 }
        let mean = count > 1 ? Double(last - first) / Double(count - 1) : 1
        let end = range.end < count ? Double(timestamps[range.end]) : self.end.map(Double.init) ?? Double(last) + mean
        return end - Double(timestamps[range.first])
    }
}
