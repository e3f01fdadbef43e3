internal import CLibAV
public import FarmModel

/// Prepares decoded pictures for the network: deinterlaces them with libavfilter's bwdif, one picture for one, and turns
/// them upright. One owner, one thread.
///
/// What becomes of frame n depends on frames n − 1 and n + 1 at most. Where a frame is missing, its neighbours are treated
/// as a film's first and last are, so that it does not matter where a segment begins (P2).
public final class PicturePreparer {
    public typealias Numbered = (number: Int, picture: VideoFrame)

    private let preparation: Preparation
    private let threads: Int
    private var graph: FilterGraph?
    private var last: Int?
    /// The pictures inside the graph, by their numbers.
    private var inside: [Int: VideoFrame] = [:]

    /// - Parameter threads: for libavfilter; 0 takes one a core. The pictures do not depend on it.
    public init(_ preparation: Preparation, threads: Int = 0) {
        self.preparation = preparation
        self.threads = threads
    }

    /// Takes frame `number`, above all before; gives the pictures that are ready, in order.
    public func take(_ picture: VideoFrame, number: Int) throws -> [Numbered] {
        guard preparation != .none else { return [(number, picture)] }
        var ready: [Numbered] = []
        if let last, number != last + 1 { ready = try finish() }
        last = number
        inside[number] = picture
        let graph =
            try self.graph
            ?? FilterGraph(preparation.chain(for: picture.format.layout), like: picture.frame, threads: threads)
        self.graph = graph
        return ready + (try named(graph.push(picture.frame, number: number)))
    }

    /// The pictures still inside, after the last one.
    public func finish() throws -> [Numbered] {
        guard let graph else { return [] }
        self.graph = nil
        let rest = try named(graph.finish())
        inside = [:]
        return rest
    }

    private func named(_ frames: [(number: Int, frame: LibAVFrame)]) throws -> [Numbered] {
        try frames.map { number, frame in
            guard let original = inside.removeValue(forKey: number) else {
                throw MediaError(.codec, "the filter of \(preparation) gave frame \(number), which it was not given")
            }
            return (number, try VideoFrame(frame, preparedFrom: original))
        }
    }
}

extension VideoFrame {
    fileprivate convenience init(_ frame: LibAVFrame, preparedFrom original: VideoFrame) throws {
        guard let layout = PixelLayout(planar: AVPixelFormat(frame.pointer.pointee.format)) else {
            throw MediaError(.codec, "libavfilter gave a picture that is not planar")
        }
        let format = PictureFormat(
            width: Int(frame.pointer.pointee.width), height: Int(frame.pointer.pointee.height), layout: layout,
            color: original.format.color)
        self.init(frame, format: format, timestamp: original.timestamp, isDamaged: original.isDamaged)
    }
}

extension Preparation {
    /// In libavfilter's notation; empty where there is nothing to do.
    func chain(for layout: PixelLayout) -> String {
        var chroma: String?
        if orientation?.swapsSides == true, layout.chromaShiftX != layout.chromaShiftY {
            let full = PixelLayout(family: layout.family, bitDepth: layout.bitDepth, hasAlpha: layout.hasAlpha)
            chroma = full.libavName.map { "scale=flags=bicubic+accurate_rnd+bitexact,format=\($0)" }
        }
        return [deinterlacing(layout), chroma, orientation?.filter].compactMap { $0 }.joined(separator: ",")
    }

    /// bwdif has no gray and no RGB with alpha of 10 or 12 bits, and libavfilter would change the format without a word: these
    /// are lent 16. (libswscale gives gray back as it was, RGB with alpha within 1.3 of 1,023.)
    private func deinterlacing(_ layout: PixelLayout) -> String? {
        guard let filter = deinterlacing?.filter else { return nil }
        guard layout.family == .gray || (layout.family == .rgb && layout.hasAlpha), [10, 12].contains(layout.bitDepth),
            let deep = layout.with(bitDepth: 16).libavName, let own = layout.libavName
        else { return filter }
        let convert = "scale=flags=accurate_rnd+bitexact:sws_dither=none"
        return "\(convert),format=\(deep),\(filter),\(convert),format=\(own)"
    }
}

extension Deinterlacing {
    fileprivate var filter: String {
        switch self {
        case .flagged: "bwdif=mode=send_frame:parity=auto:deint=interlaced"
        case .topFirst: "bwdif=mode=send_frame:parity=tff:deint=all"
        case .bottomFirst: "bwdif=mode=send_frame:parity=bff:deint=all"
        }
    }
}

extension Orientation {
    fileprivate var filter: String {
        switch self {
        case .clockwise: "transpose=clock"
        case .counterclockwise: "transpose=cclock"
        case .halfTurn: "hflip,vflip"
        case .mirrored: "hflip"
        case .flipped: "vflip"
        case .transposed: "transpose=cclock_flip"
        case .antitransposed: "transpose=clock_flip"
        }
    }
}
