internal import CLibAV
internal import FarmModel
internal import Foundation
internal import Hashing

/// Reads a finished film again, packet by packet, before it gets its name.
public enum FilmCheck {
    /// Every picture must be there with the segments' bits, at its timestamp but for one offset, with decoding timestamps
    /// that ascend; every stream that the container holds as it was must have the source's payloads. Reads the film, the
    /// segments and the source once, side by side; memory does not grow with them.
    /// - Parameters:
    ///   - film: what `FilmWriter` wrote for `plan`.
    ///   - report: what it answered.
    /// - Returns: what did not survive although nothing is broken (tags that the container has no place for), a line each.
    /// - Throws: `MediaError` that names the first thing that is not as it must be. Blocks.
    @discardableResult
    public static func check(
        _ film: String, against plan: FilmPlan, report: FilmWriter.Report,
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws -> [String] {
        let written = try Demuxer(path: film, isCancelled: isCancelled)
        var pictures = try PictureCheck(plan, film: written, videoIndex: report.videoIndex)
        var others = try CopyCheck(plan, report, film: written, isCancelled: isCancelled)
        while let packet = try written.next() {
            if packet.stream == report.videoIndex {
                try pictures.take(packet)
            } else {
                try others.take(packet, offset: pictures.offset)
            }
        }
        try pictures.finish()
        try others.finish()
        return others.warnings + LostTags.find(in: written, report: report, source: others.source.demuxer)
    }
}

/// The pictures of a film against the segments that they come from.
private struct PictureCheck {
    private var expected: SegmentPackets
    private let from: Rational
    private let to: Rational
    private let total: Int
    private var count = 0
    private var first: (source: Int64, film: Int64)?
    private var lastDecoding: Int64?
    /// Seconds from the source's clock to the film's; nil before the first picture.
    var offset: Double? { first.map { Double($0.film) * to.value - Double($0.source) * from.value } }

    init(_ plan: FilmPlan, film: Demuxer, videoIndex: Int) throws {
        guard film.streams.indices.contains(videoIndex) else {
            throw MediaError(.output, "the film has lost its pictures")
        }
        expected = SegmentPackets(plan.segments, of: nil)
        from = plan.encoding.timeBase
        to = Rational(film.stream(videoIndex).pointee.time_base)
        total = plan.timestamps.count
    }

    mutating func take(_ packet: DemuxedPacket) throws {
        guard let source = try expected.next(), let timestamp = source.pts else {
            throw MediaError(.output, "the film has more than the \(total) frames of its segments")
        }
        let isSame = packet.withPayload { written in source.payload.withUnsafeBytes { written.elementsEqual($0) } }
        guard isSame else { throw wrong(timestamp, "is not what its segment holds") }
        guard let pts = packet.pts else { throw wrong(timestamp, "has no timestamp") }
        let start = first ?? (timestamp, pts)
        first = start
        let moved = Double(pts - start.film) * to.value - Double(timestamp - start.source) * from.value
        // Two roundings, of this frame and of the first.
        guard abs(moved) <= to.value * 1.001 else { throw wrong(timestamp, "is \(rounded(moved)) s off") }
        // Matroska does not store decoding timestamps: libav makes them up, and at the start it may not.
        if let decoding = packet.dts {
            if let lastDecoding, decoding <= lastDecoding {
                throw wrong(timestamp, "is decoded no later than the one before")
            }
            lastDecoding = decoding
        }
        count += 1
    }

    func finish() throws {
        guard count == total else { throw MediaError(.output, "the film has \(count) of \(total) frames") }
    }

    private func wrong(_ timestamp: Int64, _ what: String) -> MediaError {
        MediaError(
            .output, "in the film, the frame at \(rounded(Double(timestamp) * from.value)) s (packet \(count)) \(what)")
    }
}

/// Seconds for people: to the microsecond.
func rounded(_ seconds: Double) -> Double { (seconds * 1e6).rounded() / 1e6 }
