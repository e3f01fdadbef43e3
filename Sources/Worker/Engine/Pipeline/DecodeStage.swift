import EngineProtocol
import FarmModel
import Processes

/// Source packets in, numbered pictures out.
struct DecodeStage: Sendable {
    let input: BoundedQueue<SegmentRun>
    let output: BoundedQueue<StageItem>
    let open: @Sendable (SegmentOrder) throws -> any PictureSource
    let moved: @Sendable (SegmentRun) -> Void

    func run() {
        while let segment = input.pop().element {
            segment.attempt { try decode(segment) }
            _ = output.push(.end(segment))
        }
        output.close()
    }

    private func decode(_ segment: SegmentRun) throws {
        var start = Clock.seconds
        let source = try open(segment.order)
        while !segment.isDead, let (number, picture) = try source.next() {
            let busy = Clock.seconds - start
            let blocked = output.push(.picture(segment, number: number, picture))
            segment.add(\.decode, .init(busy: busy, blocked: blocked))
            moved(segment)
            start = Clock.seconds
        }
        segment.noteEnd(of: source)
    }
}
