import EngineProtocol
import FarmModel
import Foundation
import Inference

/// The stages one by one, and one after the other.
extension Bench {
    func decode(_ film: BenchFilm, _ parts: PipelineParts) throws -> BenchResult {
        let watch = StopWatch()
        var frames = 0
        for order in film.orders {
            let source = try parts.source(order)
            while try source.next() != nil { frames += 1 }
        }
        return watch.result(frames: frames)
    }

    /// Pictures are decoded before the clock starts; the first batches warm up, and fill what a blend waits for. On a device they come round, as
    /// many as the film has: its power does not allow for long what it does at first, and the pipeline takes that long.
    func network(_ film: BenchFilm, _ parts: PipelineParts) throws -> BenchResult {
        guard let order = film.orders.first else { return BenchResult(frames: 0, seconds: 0) }
        let pictures = try pictures(order, parts)
        let upscaler = try parts.upscaler(order)
        let count = device == .cpu || pictures.isEmpty ? pictures.count : order.task.range.count
        let starts = Array(stride(from: 0, to: count, by: batch))
        let filling = (2 * Self.blendRadius + batch - 1) / batch
        // Memory that a device writes to is locked when it is first asked for.
        let warmUp = min(device == .cpu ? filling : max(filling, starts.count / 5), starts.count - 1)
        var (watch, frames) = (StopWatch(), 0)
        for (index, start) in starts.enumerated() {
            if index == warmUp {
                if upscaler is Upscaler { _ = try upscaler.finish() }  // one that blends is done for then
                (watch, frames) = (StopWatch(), 0)
            }
            let numbers = Array(start..<min(start + batch, count))
            _ = try upscaler.take(numbers.map { pictures[$0 % pictures.count].picture }, numbers: numbers)
            frames += numbers.count
        }
        _ = try upscaler.finish()
        return watch.result(frames: frames)
    }

    /// As many pictures as `network` takes, a batch several times in a row: its way to the device is not counted. Nothing where the network sees
    /// more than one picture.
    func bare(_ film: BenchFilm, _ parts: PipelineParts) throws -> BenchResult {
        guard let order = film.orders.first else { return BenchResult(frames: 0, seconds: 0) }
        let pictures = try pictures(order, parts).map(\.picture)
        guard let upscaler = try parts.upscaler(order) as? Upscaler, !pictures.isEmpty else {
            return BenchResult(frames: 0, seconds: 0)
        }
        let (count, calls) = device == .cpu ? (pictures.count, 1) : (order.task.range.count, 8)
        var (watch, seconds, frames) = (StopWatch(), 0.0, 0)
        for turn in 0..<max(2, count / (batch * calls)) {
            let shown = (turn * batch..<(turn + 1) * batch).map { pictures[$0 % pictures.count] }
            let time = try upscaler.networkTime(of: shown, calls: calls)
            guard turn > 0 else {
                watch = StopWatch()
                continue
            }
            seconds += time * Double(calls)
            frames += batch * calls
        }
        let cpu = watch.result(frames: frames).cpuSeconds
        return BenchResult(frames: frames, seconds: seconds, cpuSeconds: cpu)
    }

    func encode(_ film: BenchFilm, _ parts: PipelineParts) throws -> BenchResult {
        guard let order = film.orders.first else { return BenchResult(frames: 0, seconds: 0) }
        let upscaler = try parts.upscaler(order)
        var upscaled: [(number: Int, picture: any PlanarPicture)] = []
        for (number, picture) in try pictures(order, parts) {
            upscaled += try upscaler.take([picture], numbers: [number]).map { ($0.number, $0.picture) }
        }
        upscaled += try upscaler.finish().map { ($0.number, $0.picture) }
        let watch = StopWatch()
        let sink = try parts.sink(order)
        for (number, picture) in upscaled { try sink.write(picture, number: number) }
        try sink.finish()
        return watch.result(frames: upscaled.count)
    }

    func sequential(_ film: BenchFilm, _ parts: PipelineParts) throws -> BenchResult {
        let watch = StopWatch()
        for order in film.orders {
            let source = try parts.source(order)
            let upscaler = try parts.upscaler(order)
            let sink = try parts.sink(order)
            while let (number, picture) = try source.next() {
                for (number, upscaled) in try upscaler.take([picture], numbers: [number]) + upscaler.finish() {
                    try sink.write(upscaled, number: number)
                }
            }
            try sink.finish()
        }
        return watch.result(frames: film.frames)
    }

    /// A segment's first, in order.
    private func pictures(
        _ order: SegmentOrder, _ parts: PipelineParts
    ) throws -> [(number: Int, picture: any PlanarPicture)] {
        let source = try parts.source(order)
        var pictures: [(number: Int, picture: any PlanarPicture)] = []
        while pictures.count < mostPictures, let (number, picture) = try source.next() {
            pictures.append((number, picture))
        }
        return pictures
    }
}
