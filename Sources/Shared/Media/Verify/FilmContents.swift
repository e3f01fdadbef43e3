internal import CLibAV
internal import FarmModel
internal import Foundation

/// What one pass over a film's packets tells, 24 bytes a packet.
struct FilmContents {
    struct Packet: Hashable {
        /// Of what it holds.
        var print: UInt64
        /// Seconds; NaN where unknown.
        var time: Double
        /// Seconds; 0 where unknown.
        var length = 0.0

        var middle: Double { time + length / 2 }
    }

    /// A stream beside the pictures.
    struct Track {
        var index: Int
        var kind: FilmDescription.Stream.Kind
        var codec: String
        var language: String?
        var form: PayloadForm
        /// Seconds.
        var tick: Double
        var packets: [Packet] = []
        /// What an edit list hides before the first that is heard.
        var hidden: [Packet] = []
        /// Of uncompressed sound: what is compared where the portions are others.
        var samples: SampleRuns?
        /// Of text, its words alone: what is compared where the form was converted.
        var words: [Packet] = []

        /// What containers call the codec: MP4 knows MPEG's sounds, whatever their layer, by one name.
        var family: String { ["mp1", "mp2", "mp3"].contains(codec) ? "mpeg audio" : codec }

        /// "stream 2 (audio, aac, eng)"
        var name: String {
            let about = [kind.rawValue, codec] + (language.map { [$0] } ?? [])
            return "stream \(index) (\(about.joined(separator: ", ")))"
        }
    }

    let demuxer: Demuxer
    /// What the film is called, or will be.
    var name: String
    var tracks: [Track] = []
    /// Of the pictures that packets promise, in seconds, ascending.
    var times: [Double] = []
    /// Seconds.
    let tick: Double
    /// What the pictures are, and where they change; where only decoding tells when, anywhere.
    private var formats: [FormatMark] = []
    /// The pictures' timestamps cannot be relied on; why.
    var trouble: String?
    /// The pictures' timestamps may be those of their decoding, which differ from those of their showing where there are B-frames.
    private(set) var lacksOrder = false
    /// What is wrong with the pictures' packets themselves.
    var faults: [String] = []
    /// Seconds of the film's clock: where what is asked for begins and ends.
    private(set) var interval = Self.whole
    static let whole = -Double.infinity..<Double.infinity
    /// Only a part of the film is asked for.
    var isCut: Bool { interval != Self.whole }

    /// Reads the film from end to end.
    /// - Parameter hides: what edit lists hide of sound counts as hidden.
    init(
        _ path: String, streams: StreamSelection? = nil, hides: Bool = false,
        isCancelled: @escaping @Sendable () -> Bool,
        progress: (Double) -> Void
    ) throws {
        demuxer = try Demuxer(path: path, streams: streams, isCancelled: isCancelled)
        name = path
        tick = Rational(demuxer.stream(demuxer.videoIndex).pointee.time_base).value
        tracks = demuxer.selectedStreams.filter { Int($0.pointee.index) != demuxer.videoIndex && !$0.isBesideStreams }
            .map {
                Track($0)
            }
        let places = Dictionary(uniqueKeysWithValues: tracks.indices.map { (tracks[$0].index, $0) })
        var pictures = PictureLog(demuxer.video)
        var carrier = HeaderCarrier(demuxer.video.parameters)
        var watch = FormatWatch(demuxer.video, aspectCounts: !demuxer.saysAspect)
        var stamps: [Int64] = []
        while let packet = try demuxer.next() {
            progress(demuxer.position)
            if packet.stream == demuxer.videoIndex {
                pictures.note(packet)
                guard packet.size > 0 else { continue }
                stamps.append(packet.pts ?? packet.dts ?? .min)
                var copy = VideoPacket(packet)
                let headers = carrier.carry(into: &copy)
                watch.note(copy, headers: headers)
            } else if let place = places[packet.stream] {
                tracks[place].note(packet, hides: hides)
            }
        }
        watch.finish()
        for place in tracks.indices { tracks[place].samples?.finish() }
        (times, trouble, faults) = (
            pictures.times.sorted().map { Double($0) * tick }, pictures.trouble, pictures.faults
        )
        lacksOrder = pictures.lacksOrder
        formats = watch.marks(at: mustBeDecoded ? stamps.indices.map(Int64.init) : stamps)
    }
}

extension FilmContents {
    /// Which pictures there are, and in what order, only decoding tells.
    var mustBeDecoded: Bool { trouble != nil || lacksOrder }

    /// Seconds by which a film's other streams were moved against these; nil where none tells.
    func shift(to film: FilmContents) -> Double? {
        for track in tracks {
            guard let first = track.packets.first, !first.time.isNaN else { continue }
            let other = film.tracks.first { $0.kind == track.kind && $0.packets.first?.print == first.print }
            if let time = other?.packets.first?.time, !time.isNaN { return time - first.time }
        }
        return nil
    }
}

extension FilmContents {
    /// Leaves only what `part` names: pictures to the frame; of other streams also what lies across a border, which
    /// `TrackMatch` judges.
    mutating func cut(_ part: FilmVerifier.Part) {
        guard part.cut != .none else { return }
        let start =
            part.countsFromStart ? timestamp(demuxer.context.pointee.start_time).map { Double($0) / 1e6 } ?? 0 : 0
        let from = part.cut.from.map { $0 + start - 0.0005 } ?? -.infinity
        let to = part.cut.to.map { $0 + start - 0.0005 } ?? .infinity
        let kept = times.filter { $0 >= from && $0 < to }
        // To the picture: sound goes with it.
        let next = times.first { $0 >= to }
        // Where there are no pictures before, or behind, the time that is asked for counts.
        let cutsPictures = times.first.map { $0 < from } ?? false
        let cutsNothing = part.countsFromStart && part.cut.from ?? 0 <= 0
        let begin = cutsNothing ? -.infinity : cutsPictures ? kept.first ?? from : from
        interval = begin..<max(from, next ?? to)
        times = kept
    }

    func inside(_ times: [Double]) -> [Double] { times.filter { interval.contains($0 + 1e-6) } }
}

extension FilmContents {
    /// How the pictures inside are meant to be shown: containers tell of the film's beginning, its codec of what follows.
    var looks: [PictureLook] {
        let ends = formats.dropFirst().map { Double($0.timestamp) * tick } + [.infinity]
        let starts = [-Double.infinity] + ends
        let inside = formats.indices.filter {
            mustBeDecoded || (starts[$0] < interval.upperBound && ends[$0] > interval.lowerBound + 1e-6)
        }
        guard !inside.isEmpty else { return [PictureLook(demuxer)] }
        return inside.map { $0 == 0 ? PictureLook(demuxer) : PictureLook(formats[$0], demuxer) }
    }
}

extension FilmContents.Track {
    fileprivate mutating func note(_ packet: DemuxedPacket, hides: Bool) {
        let time = packet.pts.map { Double($0) * tick } ?? .nan
        let words = form.text == nil ? nil : form.words(of: packet)
        if let words { self.words.append(.init(print: words, time: time)) }
        // Timed text without words fills a gap; in a file that was made anew there may be others.
        guard form.text == nil || words != nil, let print = form.print(of: packet) else { return }
        let isHidden = hides && kind == .audio && packet.flags.contains(.discard)
        note(.init(print: print, time: time, length: Double(max(0, packet.duration)) * tick), isHidden: isHidden)
        if !isHidden { samples?.note(packet, at: time) }
    }

    /// What an edit list hides is no part of the film, but for an encoder's priming, or one packet where a part was cut off.
    private mutating func note(_ packet: FilmContents.Packet, isHidden: Bool) {
        if isHidden {
            // Uncompressed sound has no priming.
            if packets.isEmpty, samples == nil { hidden.append(packet) }
            return
        }
        let length = packet.time - (hidden.first?.time ?? packet.time)
        let isCut = length > PreRoll.priming || hidden.count > PreRoll.mostPackets
        packets += (isCut ? hidden.suffix(1) : hidden) + [packet]
        hidden = []
    }

    fileprivate init(_ stream: UnsafeMutablePointer<AVStream>) {
        let parameters = stream.pointee.codecpar.pointee
        self.init(
            index: Int(stream.pointee.index), kind: .init(parameters.codec_type),
            codec: String(cString: avcodec_get_name(parameters.codec_id)),
            language: tags(stream.pointee.metadata)["language"], form: PayloadForm(parameters),
            tick: Rational(stream.pointee.time_base).value)
        samples = SampleRuns(parameters)
    }
}
