internal import CLibAV
internal import FarmModel
internal import Foundation

/// Looks at a sample of a film's pictures: a few runs of neighbours, spread over the film, through libavfilter's idet.
/// Done once a job, so it need not be the same on every machine.
struct FieldScanner {
    private static let runs = 8
    private static let picturesInRun = 18
    /// What no codec of these can be, and no standard has fields with.
    private static let progressiveCodecs: Set = ["vp8", "vp9", "av1", "gif", "png", "apng", "webp", "theora"]
    private static let mostLines = 1152

    /// - Returns: nil for films that cannot be interlaced.
    static func scan(
        _ film: FilmDescription, isCancelled: @escaping @Sendable () -> Bool
    ) throws -> FieldScan? {
        guard !progressiveCodecs.contains(film.video.parameters.codec), (4...mostLines).contains(film.picture.height)
        else { return nil }
        var scan = FieldScan(flags: .init(), contents: .init(), combed: 0)
        let demuxer = try Demuxer(path: film.path, selection: .video, isCancelled: isCancelled)
        let length = film.duration ?? 0
        for run in 0..<runs {
            // The first run is at the start; a film that cannot be sought in has only that.
            if run > 0, length < 8 || !demuxer.seek(toward: length * Double(run) / Double(runs)) { break }
            try look(at: demuxer, pictures: length < 8 ? runs * picturesInRun : picturesInRun, into: &scan)
        }
        return scan
    }

    /// One run. Damage is not its business: it ends the run.
    private static func look(at demuxer: Demuxer, pictures: Int, into scan: inout FieldScan) throws {
        let decoder = try VideoDecoder(stream: demuxer.video, threads: 0)
        var graph: FilterGraph?
        var seen = 0
        var last: VideoFrame?
        func take(_ frames: [VideoFrame]) throws {
            for frame in frames where seen < pictures {
                let open = try graph ?? FilterGraph("idet", like: frame.frame)
                graph = open
                scan.flags.add(av_shim_fields(frame.frame))
                scan.contents.add(try open.push(frame.frame, number: seen))
                if let last, Combing.isCombed(frame, after: last) == true { scan.combed += 1 }
                (seen, last) = (seen + 1, frame)
            }
        }
        do {
            while seen < pictures, let packet = try demuxer.next() {
                guard packet.stream == demuxer.videoIndex else { continue }
                try take(try decoder.decode(VideoPacket(packet)))
            }
            if seen < pictures { try take(try decoder.finish()) }
            if let graph { scan.contents.add(try graph.finish()) }
        } catch is MediaError {}
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
