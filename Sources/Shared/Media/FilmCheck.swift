internal import Crypto
internal import FarmModel
internal import Foundation

/// Reads a finished film again, every packet, before it gets its name.
public enum FilmCheck {
    /// - Parameters:
    ///   - film: what `FilmWriter` wrote.
    ///   - report: what it said of it.
    /// - Throws: `MediaError` that names the first thing that is not as it must be. Blocks: reads the film and its source.
    public static func check(_ film: String, against plan: FilmPlan, report: FilmWriter.Report) throws {
        let written = try StreamDigests(path: film, timesOf: report.videoIndex)
        try checkVideo(written, plan, report)
        let source = try StreamDigests(path: plan.source, timesOf: nil)
        for (from, to) in report.copied.sorted(by: { $0.key < $1.key }) {
            guard source.digest(from) == written.digest(to) else {
                throw MediaError(.output, "stream \(from) of \(plan.source) is not in the film as it was")
            }
        }
    }

    private static func checkVideo(_ film: StreamDigests, _ plan: FilmPlan, _ report: FilmWriter.Report) throws {
        var expected = StreamDigest()
        for segment in plan.segments {
            let reader = try PacketFileReader(path: segment)
            while let packet = try reader.next() { packet.payload.withUnsafeBytes { expected.add($0) } }
        }
        guard film.digest(report.videoIndex) == expected.finish() else {
            throw MediaError(.output, "the joined film's pictures are not the segments'")
        }
        try checkTimes(film, plan)
    }

    /// Equal but for one offset, within the container's resolution; decoding order strictly ascending.
    private static func checkTimes(_ film: StreamDigests, _ plan: FilmPlan) throws {
        let written = film.pts.sorted()
        guard written.count == plan.timestamps.count else {
            throw MediaError(
                .output, "the joined film has \(written.count) frames, and the segments \(plan.timestamps.count)")
        }
        if let stall = zip(film.dts, film.dts.dropFirst()).first(where: { $0 >= $1 }) {
            throw MediaError(.output, "the joined film's decoding times do not ascend at \(stall.1)")
        }
        let (source, target) = (plan.encoding.timeBase.value, film.timeBase.value)
        guard let first = plan.timestamps.first, let firstWritten = written.first else { return }
        for (is_, was) in zip(written, plan.timestamps) {
            let moved = Double(is_ - firstWritten) * target - Double(was - first) * source
            guard abs(moved) <= target * 1.001 else {
                throw MediaError(.output, "the frame at \(Double(was) * source) s is \(moved) s off in the joined film")
            }
        }
    }
}

/// Hash and count of a stream's payloads.
private struct StreamDigest {
    private var hash = SHA256()
    private var packets = 0

    mutating func add(_ payload: UnsafeRawBufferPointer) {
        let length = UInt64(payload.count).littleEndian
        withUnsafeBytes(of: length) { hash.update(bufferPointer: $0) }
        hash.update(bufferPointer: payload)
        packets += 1
    }

    func finish() -> String { "\(packets) packets, \(hexadecimal(hash.finalize()))" }
}

/// One pass over a file's packets.
private struct StreamDigests {
    private var digests: [Int: StreamDigest] = [:]
    let timeBase: Rational
    private(set) var pts: [Int64] = []
    private(set) var dts: [Int64] = []

    /// - Parameter timesOf: the stream whose timestamps are kept.
    init(path: String, timesOf video: Int?) throws {
        let demuxer = try Demuxer(path: path)
        timeBase = demuxer.video.timeBase
        while let packet = try demuxer.next() {
            packet.withPayload { digests[packet.stream, default: StreamDigest()].add($0) }
            guard packet.stream == video else { continue }
            guard let pts = packet.pts else {
                throw MediaError(.output, "the joined film has a frame without a timestamp")
            }
            self.pts.append(pts)
            // Matroska does not store them: libav guesses, and at the start it may not.
            if let dts = packet.dts { self.dts.append(dts) }
        }
    }

    func digest(_ stream: Int) -> String { (digests[stream] ?? StreamDigest()).finish() }
}
