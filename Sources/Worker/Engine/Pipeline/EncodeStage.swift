import EngineProtocol
import FarmModel
import Processes

/// Upscaled pictures in, a finished packet file out.
struct EncodeStage: Sendable {
    let input: BoundedQueue<StageItem>
    let output: BoundedQueue<SegmentRun>
    let open: @Sendable (SegmentOrder) throws -> any PictureSink
    let moved: @Sendable (SegmentRun) -> Void

    func run() {
        var sink: (any PictureSink)?
        var starved = 0.0
        while true {
            let (item, waited) = input.pop()
            starved += waited
            let start = Clock.seconds
            switch item {
            case .picture(let segment, let number, let picture):
                segment.attempt {
                    let open = try sink ?? self.open(segment.order)
                    sink = open
                    try open.write(picture, number: number)
                    segment.noteEmitted()
                }
                segment.add(\.encode, .init(busy: Clock.seconds - start, starved: starved))
                starved = 0
                moved(segment)
            case .end(let segment):
                segment.attempt { try (sink ?? self.open(segment.order)).finish() }
                sink = nil
                segment.add(\.encode, .init(busy: Clock.seconds - start))
                _ = output.push(segment)
            case nil:
                output.close()
                return
            }
        }
    }
}
