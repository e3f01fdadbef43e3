import EngineProtocol
import FarmModel
import Processes

/// Open sources in, numbered pictures out.
struct DecodeStage: Sendable {
    let input: BoundedQueue<OpenedSegment>
    let output: BoundedQueue<StageItem>
    let moved: @Sendable (SegmentRun) -> Void

    func run() {
        while let segment = input.pop().element {
            segment.run.attempt { if let source = segment.source { try decode(segment.run, source) } }
            segment.source?.close()
            _ = output.push(.end(segment.run))
        }
        output.close()
    }

    private func decode(_ segment: SegmentRun, _ source: OpenedSource) throws {
        var start = Clock.seconds
        while !segment.isDead, let (number, picture) = try source.next() {
            let busy = Clock.seconds - start
            let blocked = output.push(.picture(segment, number: number, picture))
            segment.add(\.decode, .init(busy: busy, blocked: blocked))
            moved(segment)
            start = Clock.seconds
        }
        if let ended = source.source { segment.noteEnd(of: ended) }
    }
}
