import FarmModel
import Foundation
import Media

extension JobSettings {
    /// How long the result's closed GOPs are: a matter of the film's length, not of the slots that happen to be there or of how
    /// long segments are to be, so that every farm makes the same film. Long films have one every ten seconds, as encoders do by
    /// themselves; short ones more, for segments are made of them and 64 slots are to have four each. Exact segments are GOPs.
    /// - Parameter seconds: of the part of the film that is taken.
    func gopLength(seconds: Double) -> SegmentLength {
        if let gopLength { return gopLength }
        if case .frames = segmentLength { return segmentLength }
        return .seconds(min(10, max(2, seconds / 256)))
    }

    /// ffv1 has no GOPs. Those that the user asks for are not cut by the encoder's usual interval, unless that was asked for, too.
    func decideGOPs(
        of encoding: inout EncodingSettings, in table: FrameTable, _ range: FrameRange, seconds: Double
    ) {
        guard encoding.codec != .ffv1 else { return }
        let length = gopLength(seconds: seconds)
        encoding.gopLength = length
        guard gopLength != nil, !encoderParameters.contains(where: { $0.key == "keyint" }) else { return }
        let longest = table.segments(length: length, within: range).map(\.count).max() ?? 1
        encoding.keyframeInterval = max(encoding.keyframeInterval, longest)
    }

    /// A segment holds whole GOPs.
    func checkLengths() throws {
        try Self.check(segmentLength, "segment")
        guard let gopLength else { return }
        try Self.check(gopLength, "gop")
        let tooLong =
            switch (gopLength, segmentLength) {
            case (.seconds(let gop), .seconds(let segment)): gop > segment
            case (.frames(let gop), .frames(let segment)): gop > segment
            default: false
            }
        guard !tooLong else {
            throw CoordinatorError(
                .usage,
                "\(Self.text(gopLength, "gop")) is more than \(Self.text(segmentLength, "segment")), and a segment holds whole GOPs: give shorter GOPs or longer segments"
            )
        }
    }

    /// "--gop-seconds 4", as the command line has it.
    static func text(_ length: SegmentLength?, _ what: String) -> String {
        switch length {
        case nil, .automatic: "automatic"
        case .seconds(let seconds): "--\(what)-seconds \(seconds)"
        case .frames(let frames): "--\(what)-frames \(frames)"
        }
    }

    private static func check(_ length: SegmentLength, _ what: String) throws {
        switch length {
        case .automatic: break
        case .seconds(let seconds):
            guard seconds >= 0.1, seconds <= 600 else {
                throw CoordinatorError(.usage, "--\(what)-seconds \(seconds) is out of range: give 0.1 to 600")
            }
        // A lease names each frame's time.
        case .frames(let frames): try check("--\(what)-frames", frames, in: 1...50_000)
        }
    }
}
