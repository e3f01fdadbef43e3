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
    private let deinterlacer: Deinterlacer?
    private let threads: Int
    private var turner: FilterGraph?
    private var last: Int?

    /// - Parameter threads: for libavfilter; 0 takes one a core. The pictures do not depend on it.
    public init(_ preparation: Preparation, threads: Int = 0) {
        self.preparation = preparation
        self.threads = threads
        deinterlacer = preparation.deinterlacing.map { Deinterlacer($0, threads: threads) }
    }

    /// Takes frame `number`, above all before; gives the pictures that are ready, in order.
    public func take(_ picture: VideoFrame, number: Int) throws -> [Numbered] {
        var ready: [Numbered] = []
        if let last, number != last + 1 { ready = try finish() }
        last = number
        let whole = try deinterlacer?.take(picture, number: number) ?? [(number, picture)]
        return ready + (try whole.flatMap(turned))
    }

    /// The pictures still inside, after the last one.
    public func finish() throws -> [Numbered] { try (deinterlacer?.finish() ?? []).flatMap(turned) }

    private func turned(_ picture: Numbered) throws -> [Numbered] {
        guard let chain = preparation.turning(picture.picture.format.layout) else { return [picture] }
        let frame = picture.picture.frame
        let graph = try turner ?? FilterGraph(chain, like: frame, threads: threads)
        turner = graph
        return try graph.push(frame, number: picture.number).map {
            ($0.number, try VideoFrame($0.frame, preparedFrom: picture.picture))
        }
    }
}

extension VideoFrame {
    /// What a filter made of `original`.
    convenience init(_ frame: LibAVFrame, preparedFrom original: VideoFrame) throws {
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
    /// In libavfilter's notation; nil where pictures stay as they lie.
    fileprivate func turning(_ layout: PixelLayout) -> String? {
        guard let orientation else { return nil }
        guard orientation.swapsSides, layout.chromaShiftX != layout.chromaShiftY else { return orientation.filter }
        let full = PixelLayout(family: layout.family, bitDepth: layout.bitDepth, hasAlpha: layout.hasAlpha)
        return full.libavName.map { "scale=flags=bicubic+accurate_rnd+bitexact,format=\($0),\(orientation.filter)" }
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
