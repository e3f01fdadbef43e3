internal import CLibAV
internal import Foundation

/// A chain of libavfilter's filters with one way in and one way out. One owner, one thread.
final class FilterGraph {
    private var graph: UnsafeMutablePointer<AVFilterGraph>?
    private let source: UnsafeMutablePointer<AVFilterContext>
    private let sink: UnsafeMutablePointer<AVFilterContext>
    private let name: String

    /// Ticks of pictures' timestamps, in and out: callers count pictures.
    private static let tick = AVRational(num: 1, den: 1)

    /// - Parameters:
    ///   - chain: in libavfilter's own notation.
    ///   - frame: of the size and pixel format that all pictures will have.
    ///   - threads: 0 takes one a core; the pictures do not depend on it.
    init(_ chain: String, like frame: UnsafeMutablePointer<AVFrame>, threads: Int = 0) throws {
        LibAVLog.install()
        LibAVLog.take()
        guard let graph = avfilter_graph_alloc() else { throw MediaError(.codec, "out of memory for a filter") }
        self.graph = graph
        name = chain
        graph.pointee.nb_threads = Int32(clamping: threads)
        let aspect = frame.pointee.sample_aspect_ratio
        let shape =
            "video_size=\(frame.pointee.width)x\(frame.pointee.height):pix_fmt=\(frame.pointee.format)"
            + ":time_base=\(Self.tick.num)/\(Self.tick.den):pixel_aspect=\(aspect.num)/\(max(1, aspect.den))"
        do {
            source = try Self.add("buffer", "in", shape, to: graph)
            sink = try Self.add("buffersink", "out", nil, to: graph)
            try Self.link(graph, chain, from: source, to: sink)
            try check(avfilter_graph_config(graph, nil), .codec, "setting up the filter \(chain)")
        } catch {
            var graph: UnsafeMutablePointer<AVFilterGraph>? = graph
            avfilter_graph_free(&graph)
            throw error
        }
    }

    deinit { avfilter_graph_free(&graph) }

    /// Takes a picture, which stays its owner's, as number `number`; gives those that are ready.
    func push(_ frame: UnsafeMutablePointer<AVFrame>, number: Int) throws -> [(number: Int, frame: LibAVFrame)] {
        let copy = try LibAVFrame()
        try check(av_frame_ref(copy.pointer, frame), .codec, "filtering a picture with \(name)")
        copy.pointer.pointee.pts = Int64(number)
        try check(av_buffersrc_add_frame(source, copy.pointer), .codec, "filtering a picture with \(name)")
        return try received()
    }

    /// The pictures still inside, after the last one.
    func finish() throws -> [(number: Int, frame: LibAVFrame)] {
        try check(av_buffersrc_add_frame(source, nil), .codec, "ending the filter \(name)")
        return try received()
    }

    private func received() throws -> [(number: Int, frame: LibAVFrame)] {
        var frames: [(Int, LibAVFrame)] = []
        while true {
            let frame = try LibAVFrame()
            let answer = av_buffersink_get_frame(sink, frame.pointer)
            if answer == av_shim_error_again || answer == av_shim_error_eof { return frames }
            try check(answer, .codec, "taking a picture from the filter \(name)")
            let base = av_buffersink_get_time_base(sink)
            frames.append((Int(av_rescale_q(frame.pointer.pointee.pts, base, Self.tick)), frame))
        }
    }

    private static func add(
        _ kind: String, _ name: String, _ arguments: String?, to graph: UnsafeMutablePointer<AVFilterGraph>
    ) throws -> UnsafeMutablePointer<AVFilterContext> {
        var made: UnsafeMutablePointer<AVFilterContext>?
        let answer = avfilter_graph_create_filter(&made, avfilter_get_by_name(kind), name, arguments, nil, graph)
        try check(answer, .codec, "setting up libavfilter's \(kind)")
        guard let made else { throw MediaError(.codec, "libavfilter has no \(kind)") }
        return made
    }

    private static func link(
        _ graph: UnsafeMutablePointer<AVFilterGraph>, _ chain: String, from: UnsafeMutablePointer<AVFilterContext>,
        to: UnsafeMutablePointer<AVFilterContext>
    ) throws {
        // Seen from the chain: what comes out of `from` goes into it.
        var outputs = avfilter_inout_alloc()
        var inputs = avfilter_inout_alloc()
        defer {
            avfilter_inout_free(&outputs)
            avfilter_inout_free(&inputs)
        }
        guard let first = outputs, let last = inputs else { throw MediaError(.codec, "out of memory for a filter") }
        (first.pointee.name, first.pointee.filter_ctx) = (av_strdup("in"), from)
        (last.pointee.name, last.pointee.filter_ctx) = (av_strdup("out"), to)
        try check(
            avfilter_graph_parse_ptr(graph, chain, &inputs, &outputs, nil), .codec, "setting up the filter \(chain)")
    }
}
