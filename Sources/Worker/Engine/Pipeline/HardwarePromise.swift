import FarmModel
import Media

/// What hardware must give of a segment, or software decodes it: every promised frame, one after the other, and no word of damage.
///
/// So what was given before something is amiss is a whole beginning, of packets that libavcodec found nothing wrong with. What the unit itself
/// makes up in silence where samples are damaged (it reports none of it) is not noticed: only software names damaged pictures.
struct HardwarePromise {
    private let context: FrameRange
    private var next: Int

    init(_ context: FrameRange) {
        self.context = context
        next = context.first
    }

    func expectNone(_ damage: VideoDecoder.Damage) throws {
        guard !damage.isEmpty else { return }
        throw HardwareDoubt("the stream is damaged: \(damage.message ?? "pictures are made up")")
    }

    mutating func expect(_ number: Int) throws {
        guard number == next else { throw HardwareDoubt("frame \(next) did not come") }
        next += 1
    }

    func expectEnd() throws {
        guard next == context.end else { throw HardwareDoubt("frame \(next) did not come") }
    }
}

/// Why a segment that hardware began is left to software.
struct HardwareDoubt: Error, CustomStringConvertible {
    let description: String
    init(_ reason: String) { description = reason }
}
