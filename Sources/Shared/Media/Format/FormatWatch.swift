internal import FarmModel
internal import Foundation

/// Notices, while a film's packets go by, where its pictures become other ones. Headers that were not seen before are tried:
/// that takes one picture to be decoded. What changes without headers that anybody looks for, only decoding tells.
struct FormatWatch {
    /// In the film's order of packets; each differs from the one before it.
    private var changes: [Change] = []
    /// Packets so far.
    private var count = 0

    private let stream: VideoStream
    private let aspectCounts: Bool
    private var headers: Headers?
    private var known: [Headers: Format] = [:]
    private var trial: Trial?

    private struct Headers: Hashable {
        var outside: Data?
        var sequence: Data?
    }

    private struct Format: Equatable {
        var picture: PictureFormat
        var sampleAspectRatio: Rational
    }

    private struct Change {
        /// The number of the packet from which on pictures are of the format.
        var packet: Int
        var format: Format
    }

    private struct Trial {
        let decoder: VideoDecoder
        let packet: Int
        /// Packets that are still waited for a picture.
        var patience = 64
    }

    /// - Parameter aspectCounts: what the codec says of the samples' shape is what players go by: the container says nothing.
    init(_ stream: VideoStream, aspectCounts: Bool) {
        // As the codec alone tells it.
        self.stream = stream.withoutContainersWords
        self.aspectCounts = aspectCounts
    }

    /// - Parameters:
    ///   - packet: in the film's order, each one that is not empty.
    ///   - inside: the headers in it.
    mutating func note(_ packet: VideoPacket, headers inside: CodecHeaders?) {
        defer { count += 1 }
        if packet.flags.contains(.key) { takeHeaders(packet, inside) }
        guard let trial else { return }
        settle(try? trial.decoder.decode(packet).first)
    }

    /// After the last packet.
    mutating func finish() {
        guard let trial else { return }
        settle(try? trial.decoder.finish().first)
        self.trial = nil
    }

    private mutating func takeHeaders(_ packet: VideoPacket, _ inside: CodecHeaders?) {
        var new = headers ?? Headers()
        if let outside = packet.newHeaders?.bytes, outside != new.outside {
            new = Headers(outside: outside)
        }
        if let sequence = inside?.sequence { new.sequence = sequence }
        guard new != headers else { return }
        headers = new
        trial = nil
        if let format = known[new] { return note(format, from: count) }
        // Damage is not its business: what cannot be tried is not noticed.
        trial = (try? VideoDecoder(stream: stream, threads: 1)).map { Trial(decoder: $0, packet: count) }
    }

    private mutating func settle(_ picture: VideoFrame?) {
        guard let trial, let headers else { return }
        guard let picture else {
            self.trial?.patience -= 1
            if trial.patience <= 1 { self.trial = nil }
            return
        }
        let aspect = picture.sampleAspectRatio
        let format = Format(
            picture: picture.format,
            sampleAspectRatio: aspectCounts && aspect.numerator > 0 && aspect.denominator > 0 ? aspect : Rational(1, 1))
        known[headers] = format
        note(format, from: trial.packet)
        self.trial = nil
    }

    private mutating func note(_ format: Format, from packet: Int) {
        if changes.last?.format != format { changes.append(Change(packet: packet, format: format)) }
    }
}

extension FormatWatch {
    /// What the pictures are: from the first one on, and from where they change.
    /// - Parameter timestamps: of each packet that was noted, `.min` where it has no picture; what was found out about them by decoding
    ///   counts.
    func marks(at timestamps: [Int64]) -> [FormatMark] {
        changes.compactMap { change in
            // Without a picture of its own, it belongs to one that follows.
            timestamps.dropFirst(change.packet).first { $0 != .min }.map {
                FormatMark(
                    timestamp: $0, picture: change.format.picture, sampleAspectRatio: change.format.sampleAspectRatio)
            }
        }
    }
}

extension VideoStream {
    fileprivate var withoutContainersWords: VideoStream {
        var stream = self
        stream.parameters.color = ColorDescription()
        stream.parameters.sampleAspectRatio = Rational(0, 1)
        return stream
    }
}
