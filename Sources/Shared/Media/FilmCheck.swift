internal import CLibAV
internal import Crypto
internal import FarmModel
internal import Foundation

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

/// The other streams of a film against the source's.
private struct CopyCheck {
    let source: CopiedStreams
    private(set) var warnings: [String] = []
    private let film: Demuxer
    /// Film stream to source stream.
    private var origins: [Int: Int]
    /// Packets that the source gave before the film did.
    private var waiting: [Int: [Packet]] = [:]
    /// Film streams that lie elsewhere in time than the pictures do.
    private var shifted: Set<Int> = []

    private struct Packet {
        var hash: SHA256Digest
        var seconds: Double?

        init(_ packet: DemuxedPacket, timeBase: AVRational) {
            hash = packet.withPayload { SHA256.hash(data: $0) }
            seconds = packet.pts.map { Double($0) * Rational(timeBase).value }
        }
    }

    init(_ plan: FilmPlan, _ report: FilmWriter.Report, film: Demuxer, isCancelled: @escaping @Sendable () -> Bool)
        throws
    {
        source = try CopiedStreams(plan, isCancelled: isCancelled)
        self.film = film
        let streams = source.demuxer.streams
        let isBeside = Dictionary(uniqueKeysWithValues: streams.map { (Int($0.pointee.index), $0.isBesideStreams) })
        let packeted = report.copied.filter { isBeside[$0.key] == false }
        origins = Dictionary(packeted.map { ($1, $0) }) { first, _ in first }
        let kept = report.copied.keys.filter { isBeside[$0] == true }.sorted().map {
            source.demuxer.stream($0).attachedBytes
        }
        let found = film.streams.filter(\.isBesideStreams).map(\.attachedBytes)
        guard kept == found else { throw MediaError(.output, "the film's attachments are not those of \(plan.source)") }
    }

    mutating func take(_ packet: DemuxedPacket, offset: Double?) throws {
        guard let origin = origins[packet.stream] else { return }
        let written = Packet(packet, timeBase: film.stream(packet.stream).pointee.time_base)
        guard let original = try next(of: origin) else {
            throw MediaError(.output, "the film has more packets of stream \(origin) than its source")
        }
        guard original.hash == written.hash else {
            throw MediaError(
                .output,
                "the packet of stream \(origin) at \(rounded(original.seconds ?? 0)) s is not in the film as it was")
        }
        let ticks = Rational(film.stream(packet.stream).pointee.time_base).value + 0.0011
        if let offset, let was = original.seconds, let now = written.seconds, abs(now - was - offset) > ticks,
            shifted.insert(packet.stream).inserted
        {
            warnings.append(
                "stream \(origin) lies \(rounded(now - was - offset)) s beside the pictures from \(rounded(was)) s on")
        }
    }

    mutating func finish() throws {
        for origin in origins.values.sorted() where try next(of: origin) != nil {
            throw MediaError(.output, "the film has fewer packets of stream \(origin) than its source")
        }
    }

    private mutating func next(of origin: Int) throws -> Packet? {
        if waiting[origin]?.isEmpty == false { return waiting[origin]?.removeFirst() }
        let wanted = Set(origins.values)
        while let packet = try source.next() {
            guard wanted.contains(packet.stream) else { continue }
            let read = Packet(packet, timeBase: source.demuxer.stream(packet.stream).pointee.time_base)
            if packet.stream == origin { return read }
            waiting[packet.stream, default: []].append(read)
        }
        return nil
    }
}

/// Tags that the source has and the film has not.
private enum LostTags {
    static func find(in film: Demuxer, report: FilmWriter.Report, source: Demuxer) -> [String] {
        var warnings: [String] = []
        note(
            lost(tags(source.context.pointee.metadata), tags(film.context.pointee.metadata)), of: "the film",
            in: &warnings)
        for (from, to) in report.copied.sorted(by: { $0.key < $1.key }) where film.streams.indices.contains(to) {
            guard !source.stream(from).isBesideStreams else { continue }
            let gone = lost(tags(source.stream(from).pointee.metadata), tags(film.stream(to).pointee.metadata))
            note(gone, of: "stream \(from)", in: &warnings)
        }
        return warnings
    }

    /// What muxers write by themselves, or what says how the source was stored.
    private static let unimportant: Set = [
        "major_brand", "minor_version", "compatible_brands", "encoder", "duration", "handler_name", "vendor_id",
    ]

    private static func lost(_ was: [String: String], _ is_: [String: String]) -> [String] {
        let kept = Set(is_.keys.map { $0.lowercased() })
        return was.filter { key, value in
            let plain = key.lowercased()
            let isDefault = plain == "language" && value == "und"
            return !kept.contains(plain) && !unimportant.contains(plain) && !isDefault
        }.keys.sorted()
    }

    private static func note(_ keys: [String], of what: String, in warnings: inout [String]) {
        if !keys.isEmpty {
            warnings.append("the container did not take these tags of \(what): \(keys.joined(separator: ", "))")
        }
    }
}

/// Seconds for people: to the microsecond.
private func rounded(_ seconds: Double) -> Double { (seconds * 1e6).rounded() / 1e6 }

extension UnsafeMutablePointer<AVStream> {
    /// Whether this is a file that lies beside the streams: an attachment or a cover.
    var isBesideStreams: Bool {
        pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_ATTACHMENT
            || pointee.disposition & AV_DISPOSITION_ATTACHED_PIC != 0
    }

    /// The bytes of such a file.
    fileprivate var attachedBytes: Data {
        if let picture = pointee.attached_pic.data, pointee.attached_pic.size > 0 {
            return Data(bytes: picture, count: Int(pointee.attached_pic.size))
        }
        return pointee.codecpar.pointee.extradata.map {
            Data(bytes: $0, count: Int(pointee.codecpar.pointee.extradata_size))
        } ?? Data()
    }
}
