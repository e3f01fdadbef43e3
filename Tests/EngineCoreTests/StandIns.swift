import EngineProtocol
import FarmModel
import Foundation
import Inference
import TestSupport

@testable import EngineCore

extension StandIn {
    static func parts(
        source: @escaping @Sendable (SegmentOrder) throws -> any PictureSource = { StandInSource($0.task.context) },
        upscaler: @escaping @Sendable (SegmentOrder) throws -> any PictureUpscaler = { StandInUpscaler($0) },
        sink: @escaping @Sendable (SegmentOrder) throws -> any PictureSink = { _ in StandInSink() }
    ) -> PipelineParts {
        PipelineParts(source: source, upscaler: upscaler, sink: sink) { order, _ in
            BlobReference(id: "\(order.task.attempt)", size: 0, sha256: "")
        }
    }
}

final class StandInSource: PictureSource {
    private var numbers: Range<Int>
    private let before: (Int) throws -> Void
    private(set) var missing: [Int] = []
    let damaged: [Int] = []

    /// - Parameter before: called before each picture; what it throws ends the source.
    init(_ range: FrameRange, missing: [Int] = [], before: @escaping (Int) throws -> Void = { _ in }) {
        numbers = range.first..<range.end
        self.before = before
        self.missing = missing
    }

    func next() throws -> (number: Int, picture: any PlanarPicture)? {
        while let number = numbers.popFirst() {
            if missing.contains(number) { continue }
            try before(number)
            return (number, PictureBuffer(format: StandIn.format))
        }
        return nil
    }
}

final class StandInUpscaler: PictureUpscaler {
    let output = StandIn.format
    let batch: Int
    private let before: ([Int]) throws -> Void

    init(_ order: SegmentOrder, before: @escaping ([Int]) throws -> Void = { _ in }) {
        batch = order.task.recipe.execution?.batch ?? 1
        self.before = before
    }

    func take(_ pictures: [any PlanarPicture], numbers: [Int]) throws -> [Numbered] {
        try before(numbers)
        return numbers.map { ($0, PictureBuffer(format: output)) }
    }

    func finish(_ give: ([Numbered]) throws -> Void) {}
}

final class StandInSink: PictureSink {
    private let before: (Int) throws -> Void
    private let finished: () -> Void

    init(before: @escaping (Int) throws -> Void = { _ in }, finished: @escaping () -> Void = {}) {
        self.before = before
        self.finished = finished
    }

    func write(_ picture: any PlanarPicture, number: Int) throws { try before(number) }
    func finish() { finished() }
}

struct Broken: Error, CustomStringConvertible {
    let description: String
}
