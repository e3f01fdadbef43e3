public import FarmModel

/// Picks, among the pictures that a decoder gives, the promised frames, in their order, and knows which did not come.
///
/// Decoders give pictures in presentation order, except behind damage, where some come a few places late. So where a frame
/// is skipped, those after it are held back until it comes, or `window` of them wait. Undamaged films wait for nothing.
public struct FrameSelector<Picture> {
    public struct Frame {
        /// Its number in the film.
        public var number: Int
        public var picture: Picture
    }

    /// More pictures than H.264 and HEVC let a decoder reorder.
    public static var window: Int { 16 }

    /// The frames that are promised.
    public let context: FrameRange
    private let timestamps: [Int64]
    private var waiting: [Int: Picture] = [:]
    /// Position of the next frame to give.
    private var next = 0
    private var skipped: [Int] = []

    /// - Parameter timestamps: of the frames of `context`, ascending.
    public init(context: FrameRange, timestamps: [Int64]) {
        precondition(timestamps.count == context.count, "one timestamp a frame")
        self.context = context
        self.timestamps = timestamps
    }

    /// Takes a picture; gives the frames that are now ready, their numbers ascending from call to call. A picture that is
    /// none of the promised, has no timestamp, or comes twice or much too late, is dropped.
    public mutating func accept(_ picture: Picture, timestamp: Int64?) -> [Frame] {
        guard let timestamp, let position = position(of: timestamp), position >= next, waiting[position] == nil else {
            return []
        }
        waiting[position] = picture
        return ready(holding: Self.window)
    }

    /// Gives what was held back, after the last picture.
    public mutating func finish() -> [Frame] {
        let frames = ready(holding: 0)
        skipped += next..<timestamps.count
        next = timestamps.count
        return frames
    }

    /// True as soon as all promised frames were given or given up: no more pictures are needed.
    public var isComplete: Bool { next == timestamps.count }

    /// Promised frames that did not come, ascending; complete after `finish`.
    public var missing: [Int] { skipped.map { context.first + $0 } }

    private mutating func ready(holding window: Int) -> [Frame] {
        var frames: [Frame] = []
        while !waiting.isEmpty {
            if let picture = waiting.removeValue(forKey: next) {
                frames.append(Frame(number: context.first + next, picture: picture))
                next += 1
            } else if waiting.count > window, let lowest = waiting.keys.min() {
                skipped += next..<lowest
                next = lowest
            } else {
                break
            }
        }
        return frames
    }

    private func position(of timestamp: Int64) -> Int? {
        let index = timestamps.firstIndex(notBelow: timestamp)
        return index < timestamps.count && timestamps[index] == timestamp ? index : nil
    }
}

extension FrameSelector: Sendable where Picture: Sendable {}
extension FrameSelector.Frame: Sendable where Picture: Sendable {}

extension FrameSelector<VideoFrame> {
    public mutating func accept(_ picture: VideoFrame) -> [Frame] { accept(picture, timestamp: picture.timestamp) }
}
