internal import CLibAV
internal import FarmModel
internal import Foundation

/// Looks at a sample of a film's pictures: a few runs of neighbours, spread over the film. Tells whether they are made of
/// fields (libavfilter's idet, and combs) and what they carry beside their samples. Done once a job, so it need not come
/// out the same on every machine.
struct FilmSampler {
    private static let runs = 8
    /// Fields take neighbours to be seen, messages do not.
    private static let picturesForFields = 18
    private static let picturesForMessages = 3
    /// What no codec of these can be, and no standard has fields with.
    private static let progressiveCodecs: Set = ["vp8", "vp9", "av1", "gif", "png", "apng", "webp", "theora"]
    private static let mostLines = 1152
    /// Seconds. A shorter film is one run.
    private static let shortest = 8.0

    private let looksForFields: Bool
    /// Seconds of the film's clock.
    private var interval: Range<Double>
    /// Pictures that were looked at.
    private var noted = 0
    private(set) var fields: FieldScan?
    private(set) var hdr: StaticHDR?
    private(set) var hasCaptions = false
    private(set) var hasDynamicHDR = false
    private(set) var dolbyVision: FilmDescription.DolbyVision?

    /// - Parameter part: in seconds after the film's start.
    init(
        _ film: FilmDescription, _ streams: StreamSelection?, _ part: FilmCut,
        isCancelled: @escaping @Sendable () -> Bool
    ) throws {
        looksForFields =
            !Self.progressiveCodecs.contains(film.video.parameters.codec)
            && (8...Self.mostLines).contains(film.picture.height)
        if looksForFields { fields = FieldScan(flags: .init(), contents: .init(), combed: 0) }
        let demuxer = try Demuxer(path: film.path, selection: .video, streams: streams, isCancelled: isCancelled)
        let stream = demuxer.stream(demuxer.videoIndex)
        dolbyVision = stream.dolbyVision
        let (from, to) = (part.from ?? 0, part.to ?? .infinity)
        let start = film.start ?? 0
        interval = (part.from == nil ? -.infinity : start + from)..<max(start + from, start + to)
        let length = max(0, min(film.duration ?? 0, to) - from)
        let pictures = looksForFields ? Self.picturesForFields : Self.picturesForMessages
        let isShort = length < Self.shortest
        if from > 0 { _ = demuxer.seek(toward: from) }
        try look(at: demuxer, pictures: isShort ? Self.runs * pictures : pictures)
        // A film that cannot be sought in has its start only.
        if !isShort { try lookFurther(demuxer, from, length, pictures) }
        guard noted == 0, from > 0 else { return }
        // Where its clock starts anew, or does not tell, no seek may lead there: what it is elsewhere is the best guess.
        interval = -.infinity..<(.infinity)
        let anew = try Demuxer(path: film.path, selection: .video, streams: streams, isCancelled: isCancelled)
        try look(at: anew, pictures: pictures)
    }

    private mutating func lookFurther(_ demuxer: Demuxer, _ from: Double, _ length: Double, _ pictures: Int) throws {
        for run in 1..<Self.runs where demuxer.seek(toward: from + length * Double(run) / Double(Self.runs)) {
            try look(at: demuxer, pictures: pictures)
        }
    }

    /// One run. Damage is not its business: it ends the run.
    private mutating func look(at demuxer: Demuxer, pictures: Int) throws {
        var run = try Run(demuxer.video, looksForFields: looksForFields)
        var patience = demuxer.mostSought / Self.runs
        let tick = demuxer.video.timeBase.value
        do {
            while run.count < pictures, patience > 0, let packet = try demuxer.next() {
                guard packet.stream == demuxer.videoIndex else { continue }
                patience -= 1
                if let time = packet.dts.map({ Double($0) * tick }), time >= interval.upperBound { break }
                for frame in try run.decoder.decode(VideoPacket(packet)) { try note(frame, &run, tick) }
            }
            if run.count < pictures { for frame in try run.decoder.finish() { try note(frame, &run, tick) } }
            fields?.contents.add(try run.graph?.finish() ?? [])
        } catch is MediaError {}
    }

    private struct Run {
        let decoder: VideoDecoder
        let looksForFields: Bool
        var graph: FilterGraph?
        var last: VideoFrame?
        var count = 0

        init(_ stream: VideoStream, looksForFields: Bool) throws {
            decoder = try VideoDecoder(stream: stream, threads: 0)
            self.looksForFields = looksForFields
        }
    }

    private mutating func note(_ frame: VideoFrame, _ run: inout Run, _ tick: Double) throws {
        if let time = frame.timestamp.map({ Double($0) * tick }), !interval.contains(time) { return }
        hdr = hdr ?? StaticHDR(frame.frame)
        for message in frame.messages {
            switch message {
            case .captions: hasCaptions = true
            case .dynamicHDR: hasDynamicHDR = true
            }
        }
        if dolbyVision == nil, av_frame_get_side_data(frame.frame, AV_FRAME_DATA_DOVI_RPU_BUFFER) != nil {
            dolbyVision = .init(profile: nil, hasBaseLayer: true)
        }
        run.count += 1
        noted += 1
        guard looksForFields else { return }
        let graph = try run.graph ?? FilterGraph("idet", like: frame.frame)
        run.graph = graph
        fields?.flags.add(av_shim_fields(frame.frame))
        fields?.contents.add(try graph.push(frame.frame, number: run.count))
        if let last = run.last, Combing.isCombed(frame, after: last) == true { fields?.combed += 1 }
        run.last = frame
    }
}

extension UnsafeMutablePointer<AVStream> {
    fileprivate var dolbyVision: FilmDescription.DolbyVision? {
        for index in 0..<av_shim_stream_side_data_count(self) {
            guard let item = av_shim_stream_side_data(self, index)?.pointee, item.type == AV_PKT_DATA_DOVI_CONF else {
                continue
            }
            let record = item.data.withMemoryRebound(to: AVDOVIDecoderConfigurationRecord.self, capacity: 1) {
                $0.pointee
            }
            return .init(profile: Int(record.dv_profile), hasBaseLayer: record.dv_bl_signal_compatibility_id != 0)
        }
        return nil
    }
}

extension FieldScan.Count {
    /// - Parameter fields: as `av_shim_fields` tells.
    fileprivate mutating func add(_ fields: Int32) {
        switch fields {
        case 1: topFirst += 1
        case 2: bottomFirst += 1
        default: progressive += 1
        }
    }

    /// What idet noted of the pictures.
    fileprivate mutating func add(_ judged: [(number: Int, frame: LibAVFrame)]) {
        for (_, frame) in judged {
            switch tags(frame.pointer.pointee.metadata)["lavfi.idet.single.current_frame"] {
            case "tff": topFirst += 1
            case "bff": bottomFirst += 1
            case "progressive": progressive += 1
            default: undecided += 1
            }
        }
    }
}
