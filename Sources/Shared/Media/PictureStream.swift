internal import CLibAV
public import FarmModel

/// A film's pictures as a player shows them: decoded one by one from start to end, upright. Not deinterlaced. Calls block: give
/// it a thread of its own.
public final class PictureStream {
    public struct Picture {
        public let samples: any PlanarPicture
        /// Decoding may start here.
        public let isKeyframe: Bool
        /// Seconds; nil where the film does not tell.
        public let time: Double?
    }

    public let path: String
    private let frames: FrameStream
    private let turner: PicturePreparer
    /// All pictures of such codecs are; not all of their decoders say so.
    private let isOfKeyframes: Bool
    private var given = 0

    /// - Throws: `MediaError` where the film cannot be read or decoded; `CancellationError`.
    public init(_ path: String, isCancelled: @escaping @Sendable () -> Bool = { false }) throws {
        self.path = path
        frames = try naming(path) { try FrameStream(path, isCancelled: isCancelled) }
        let codec = avcodec_descriptor_get_by_name(frames.demuxer.video.parameters.codec)
        isOfKeyframes = codec.map { $0.pointee.props & AV_CODEC_PROP_INTRA_ONLY != 0 } ?? false
        turner = PicturePreparer(Preparation(orientation: frames.demuxer.orientation))
    }

    /// The share of the file that is read, 0 to 1.
    public var position: Double { frames.demuxer.position }

    /// What went wrong so far without ending the film, a line each.
    public var warnings: [String] {
        var lines = frames.demuxer.warnings.map { $0.contains(path) ? $0 : "\(path): \($0)" }
        let damage = frames.decoder.damage
        if !damage.isEmpty {
            let (packets, pictures) = (damage.packets, damage.pictures)
            lines.append(
                "\(path) is damaged: \(packets) packets could not be decoded whole, \(pictures) pictures are made up")
        }
        return lines
    }

    /// The next picture; nil after the last one.
    /// - Throws: `MediaError` that names the film; `CancellationError`.
    public func next() throws -> Picture? {
        try naming(path) {
            guard let frame = try frames.next() else { return nil }
            // Nothing is held back where pictures are only turned.
            guard let upright = try turner.take(frame, number: given).first?.picture else {
                throw MediaError(.codec, "turning a picture upright gave none")
            }
            given += 1
            let tick = frames.demuxer.video.timeBase.value
            return Picture(
                samples: upright, isKeyframe: isOfKeyframes || av_shim_is_key(frame.frame) != 0,
                time: frame.timestamp.map { Double($0) * tick })
        }
    }
}

/// Puts the film's name in front of errors that lack it.
private func naming<Value>(_ path: String, _ work: () throws -> Value) throws -> Value {
    do { return try work() } catch let error as MediaError where !error.message.contains(path) {
        throw MediaError(error.kind, "\(path): \(error.message)")
    }
}
