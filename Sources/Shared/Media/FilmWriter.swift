internal import CLibAV
public import FarmModel
internal import Foundation

/// Joins encoded segments into a film without decoding anything: the pictures are the segments' packets with decoding
/// timestamps made anew for the whole film, and everything else of the source is copied beside them.
public enum FilmWriter {
    /// What was written.
    public struct Report: Hashable, Sendable {
        public var frames: Int
        /// What of the source the film could not carry as it was; a line each.
        public var warnings: [String]
        /// Index of the pictures' stream in the film.
        public var videoIndex: Int
        /// Source stream to film stream, of those whose payloads the container leaves as they are.
        public var copied: [Int: Int]
    }

    /// - Throws: `MediaError` of kind `.settings` where the name's extension is unknown, or the container cannot hold the
    ///   codec.
    public static func checkContainer(_ output: String, codec: Codec) throws {
        _ = try Container(output: output, codec: codec)
    }

    /// What of the streams at `source` a film of that name would not hold, or hold in another form; a line each, as `write` says it. Blocks.
    public static func losses(
        of source: String, streams: StreamSelection? = nil, output: String, codec: Codec
    ) throws -> [String] {
        let demuxer = try Demuxer(path: source, streams: streams)
        let muxer = try FilmMuxer(Container(output: output, codec: codec), path: output)
        for stream in demuxer.selectedStreams where Int(stream.pointee.index) != demuxer.videoIndex {
            try muxer.add(stream, of: demuxer)
        }
        return muxer.warnings
    }

    /// Writes the film to `partial` and makes it durable; giving it its name is the caller's. Blocks: give it a thread.
    ///
    /// Reads of the segments first the timestamps, then everything, with one file open at a time; reads the source once.
    /// Memory does not grow with the film but for 16 bytes a frame. The same plan gives the same bytes. After an error or
    /// a cancellation nothing is left at `partial`.
    /// - Parameters:
    ///   - progress: told the frames written, and those in all.
    ///   - isCancelled: asked before every packet; once it says true, `CancellationError` is thrown.
    /// - Throws: `MediaError`: `.output` where the film cannot be written, with libav's words; `.source`, `.codec` where
    ///   the source or the segments cannot be read or do not belong together.
    public static func write(
        _ plan: FilmPlan, to partial: String, progress: (Int64, Int64) -> Void = { _, _ in },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws -> Report {
        let container = try Container(output: plan.output, codec: plan.encoding.codec)
        let source = try CopiedStreams(plan, isCancelled: isCancelled)
        let pictures = try PictureTrack(plan)
        do {
            var joining = try Joining(source, pictures, FilmMuxer(container, path: partial), plan)
            return try joining.run(isCancelled, progress)
        } catch {
            removeFile(partial)
            throw error
        }
    }

    /// Never a device that someone named.
    private static func removeFile(_ path: String) {
        var status = stat()
        if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG { unlink(path) }
    }
}

/// One film on its way from its parts into its file.
private struct Joining {
    private let source: CopiedStreams
    private var pictures: PictureTrack
    private let muxer: FilmMuxer
    private let timeBase: AVRational
    private let total: Int64
    private var done: Int64 = 0

    init(_ source: CopiedStreams, _ pictures: PictureTrack, _ muxer: FilmMuxer, _ plan: FilmPlan) throws {
        self.source = source
        self.pictures = pictures
        self.muxer = muxer
        timeBase = plan.encoding.timeBase.av
        total = Int64(pictures.order.count)
        try muxer.addStreams(of: source.demuxer, plan, pictures: pictures.stream)
        muxer.setRate(of: source.demuxer.stream(plan.videoIndex), isConstant: pictures.order.isConstantRate)
        let first = pictures.order.timestamps[0]
        muxer.shift = try TimeShift(
            pictures: (first, timeBase), others: muxer.beginnings(source.firstTimestamps(of: Set(muxer.targets.keys))),
            begins: source.isTransportStream || plan.cut.from != nil, container: muxer.container)
        try muxer.copyChapters(of: source.demuxer, plan.cut)
        let last = pictures.order.timestamps.last ?? first
        muxer.length = max(Double(last - first) * av_q2d(timeBase), source.demuxer.length ?? 0)
        try muxer.begin()
    }

    mutating func run(_ isCancelled: () -> Bool, _ progress: (Int64, Int64) -> Void) throws -> FilmWriter.Report {
        while let packet = try source.next() {
            if isCancelled() { throw CancellationError() }
            if let due = packet.dts ?? packet.pts {
                let base = source.demuxer.stream(packet.stream).pointee.time_base
                try writePictures(until: (due, base), isCancelled, progress)
            }
            try muxer.copy(packet)
        }
        try writePictures(until: nil, isCancelled, progress)
        try muxer.finish()
        progress(done, total)
        return FilmWriter.Report(
            frames: Int(done), warnings: muxer.warnings,
            videoIndex: muxer.place(of: muxer.videoIndex) ?? muxer.videoIndex,
            copied: muxer.untouched.compactMapValues(muxer.place))
    }

    /// Writes the pictures that are decoded before `limit`; all that are left where that is nil.
    private mutating func writePictures(
        until limit: (Int64, AVRational)?, _ isCancelled: () -> Bool, _ progress: (Int64, Int64) -> Void
    ) throws {
        while let next = pictures.nextDecoding {
            if let limit, av_compare_ts(next, timeBase, limit.0, limit.1) > 0 { return }
            if isCancelled() { throw CancellationError() }
            guard let packet = try pictures.next() else {
                throw MediaError(.codec, "a segment has lost packets while the film was written")
            }
            try muxer.write(packet, timeBase: timeBase)
            done += 1
            if done % 64 == 0 { progress(done, total) }
        }
    }
}
