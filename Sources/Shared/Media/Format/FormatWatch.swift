internal import FarmModel
internal import Foundation

/// Notices, while a film's packets go by, where its pictures become other ones. Headers that were not seen before are tried:
/// that takes one picture to be decoded. What changes without headers that anybody looks for, only decoding tells.
struct FormatWatch {
    /// In the film's order of packets; each differs from the one before it.
    private(set) var marks: [FormatMark] = []

    private let stream: VideoStream
    private let aspectCounts: Bool
    private var headers: Headers?
    private var known: [Headers: Format] = [:]
    private var trial: Trial?

    private struct Headers: Hashable {
        var outside: Data?
        var sequence: Data?
    }

    private struct Format {
        var picture: PictureFormat
        var sampleAspectRatio: Rational
    }

    private struct Trial {
        let decoder: VideoDecoder
        let timestamp: Int64
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
    ///   - packet: in the film's order.
    ///   - inside: the headers in it.
    mutating func note(_ packet: VideoPacket, headers inside: CodecHeaders?) {
        if packet.flags.contains(.key) { takeHeaders(packet, inside) }
        guard let trial else { return }
        settle(try? trial.decoder.decode(packet).first)
    }

    /// Copies no packet that tells nothing.
    mutating func note(_ packet: DemuxedPacket, _ reader: CodecHeaderReader) {
        guard trial != nil || packet.flags.contains(.key), packet.size > 0 else { return }
        let copy = VideoPacket(packet)
        note(copy, headers: copy.flags.contains(.key) ? reader.headers(of: copy) : nil)
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
        guard new != headers, let timestamp = packet.pts ?? packet.dts else { return }
        headers = new
        trial = nil
        if let format = known[new] { return mark(format, timestamp) }
        // Damage is not its business: what cannot be tried is not noticed.
        trial = (try? VideoDecoder(stream: stream, threads: 1)).map { Trial(decoder: $0, timestamp: timestamp) }
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
        mark(format, trial.timestamp)
        self.trial = nil
    }

    private mutating func mark(_ format: Format, _ timestamp: Int64) {
        let mark = FormatMark(
            timestamp: timestamp, picture: format.picture, sampleAspectRatio: format.sampleAspectRatio)
        if let last = marks.last, last.picture == mark.picture, last.sampleAspectRatio == mark.sampleAspectRatio {
            return
        }
        marks.append(mark)
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
