internal import CLibAV
internal import FarmModel
internal import Foundation
internal import Hashing

/// The other streams of a film against the source's.
struct CopyCheck {
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
            hash = packet.withPayload { SHA256.hash($0) }
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

extension UnsafeMutablePointer<AVStream> {
    /// Whether this is a file that lies beside the streams: an attachment or a cover.
    var isBesideStreams: Bool {
        pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_ATTACHMENT
            || pointee.disposition & AV_DISPOSITION_ATTACHED_PIC != 0
    }

    /// The bytes of such a file.
    var attachedBytes: Data {
        if let picture = pointee.attached_pic.data, pointee.attached_pic.size > 0 {
            return Data(bytes: picture, count: Int(pointee.attached_pic.size))
        }
        return pointee.codecpar.pointee.extradata.map {
            Data(bytes: $0, count: Int(pointee.codecpar.pointee.extradata_size))
        } ?? Data()
    }
}
