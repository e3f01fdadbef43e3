/// A kind of film that people have: a container, a codec in it, and something that is odd about it.
struct SourceFormat: Hashable, Sendable, CustomStringConvertible {
    enum Container: String, CaseIterable, Sendable {
        case mkv, mp4, mov, avi, ts, mpg, webm, ogg
    }

    enum Codec: String, CaseIterable, Sendable {
        case h264, hevc, mpeg2, mpeg4, theora, vp8, vp9, av1, prores, dnxhd, mjpeg, ffv1, rawvideo
    }

    enum Feature: String, CaseIterable, Sendable {
        case plain, interlaced, vfr = "VFR", hdr10 = "HDR10", hlg = "HLG", rotated, anamorphic
        case oddSize = "odd size", tracks = "several tracks", chapters, attachments

        /// Samples have ten bits.
        var isDeep: Bool { self == .hdr10 || self == .hlg }
    }

    var container: Container
    var codec: Codec
    var feature: Feature

    static let frames = 30

    var description: String { "\(container) \(codec) \(feature.rawValue)" }
    var fileName: String { "\(codec)-\(feature.rawValue.filter(\.isLetter)).\(container)" }

    /// Every kind there could be; tools make less than half of them.
    static let all = Container.allCases.flatMap { container in
        Codec.allCases.flatMap { codec in
            Feature.allCases.map { SourceFormat(container: container, codec: codec, feature: $0) }
        }
    }

    /// One feature of each codec in each container, all of them in turn.
    static let some = Container.allCases.enumerated().flatMap { row, container in
        Codec.allCases.enumerated().map { column, codec in
            let features = Feature.allCases
            return SourceFormat(
                container: container, codec: codec, feature: features[(row * 3 + column * 7) % features.count])
        }
    }
}
