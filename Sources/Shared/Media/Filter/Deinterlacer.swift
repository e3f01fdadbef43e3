internal import CLibAV
internal import FarmModel

/// Deinterlaces pictures with libavfilter's bwdif, one for one. One owner, one thread.
///
/// Where only flagged pictures are meant, bwdif is given all the same and its work on the others is dropped: left to itself it
/// treats the first picture that it works on as a film's first, however many it has passed on before, and then it would show
/// where a segment begins (P2). With that exception the pictures are those of `deint=interlaced`.
final class Deinterlacer {
    private let way: Deinterlacing
    private let threads: Int
    private var graph: FilterGraph?
    /// The pictures inside, by their numbers, and the last one that came out.
    private var near: [Int: VideoFrame] = [:]

    /// - Parameter threads: for libavfilter; 0 takes one a core.
    init(_ way: Deinterlacing, threads: Int) {
        self.way = way
        self.threads = threads
    }

    /// Takes the next picture, numbered one above the last; gives those that are ready.
    func take(_ picture: VideoFrame, number: Int) throws -> [PicturePreparer.Numbered] {
        near[number] = picture
        let graph =
            try self.graph ?? FilterGraph(way.chain(for: picture.format.layout), like: picture.frame, threads: threads)
        self.graph = graph
        return try named(graph.push(picture.frame, number: number))
    }

    /// The pictures still inside; the next one is then a film's first.
    func finish() throws -> [PicturePreparer.Numbered] {
        guard let graph else { return [] }
        let rest = try named(graph.finish())
        self.graph = nil
        near = [:]
        return rest
    }

    private func named(_ frames: [(number: Int, frame: LibAVFrame)]) throws -> [PicturePreparer.Numbered] {
        try frames.map { number, frame in
            guard let original = near[number] else {
                throw MediaError(.codec, "bwdif gave frame \(number), which it was not given")
            }
            let made = isMeant(number) ? try VideoFrame(frame, preparedFrom: original) : original
            near[number - 1] = nil
            return (number, made)
        }
    }

    /// As bwdif itself decides: it also leaves alone what stands beside a progressive picture that is shown for three fields.
    private func isMeant(_ number: Int) -> Bool {
        guard way == .flagged else { return true }
        let beside = [near[number - 1], near[number + 1]].compactMap { $0 }
        return near[number]?.isInterlaced == true && !beside.contains { !$0.isInterlaced && $0.isShownLonger }
    }
}

extension VideoFrame {
    fileprivate var isInterlaced: Bool { av_shim_fields(frame) != 0 }
    fileprivate var isShownLonger: Bool { frame.pointee.repeat_pict != 0 }
}

extension Deinterlacing {
    /// In libavfilter's notation. bwdif has no gray and no RGB with alpha of 10 or 12 bits, and libavfilter would change the
    /// format without a word: these are lent 16. (libswscale gives gray back as it was, RGB with alpha within 1.3 of 1,023.)
    fileprivate func chain(for layout: PixelLayout) -> String {
        guard layout.family == .gray || (layout.family == .rgb && layout.hasAlpha), [10, 12].contains(layout.bitDepth),
            let deep = layout.with(bitDepth: 16).libavName, let own = layout.libavName
        else { return filter }
        let convert = "scale=flags=accurate_rnd+bitexact:sws_dither=none"
        return "\(convert),format=\(deep),\(filter),\(convert),format=\(own)"
    }

    private var filter: String {
        switch self {
        case .flagged: "bwdif=mode=send_frame:parity=auto:deint=all"
        case .topFirst: "bwdif=mode=send_frame:parity=tff:deint=all"
        case .bottomFirst: "bwdif=mode=send_frame:parity=bff:deint=all"
        }
    }
}
