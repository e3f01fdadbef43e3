/// A kind of film that people have: a container, a codec in it, and something that is odd about it.
struct SourceFormat: Hashable, Sendable, CustomStringConvertible {
    enum Container: String, CaseIterable, Sendable {
        case mkv, mp4, mov, avi, ts, mpg, webm, ogg
    }

    enum Codec: String, CaseIterable, Sendable {
        case h264, hevc, mpeg2, mpeg4, theora, vp8, vp9, av1, prores, dnxhd, mjpeg, ffv1, rawvideo
    }

    enum Feature: String, CaseIterable, Sendable {
        case plain, interlaced
        case vfr = "VFR"
        case hdr10 = "HDR10"
        case hlg = "HLG"
        case rotated, anamorphic
        case oddSize = "odd size"
        case tracks = "several tracks"
        case chapters, attachments

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

    /// Each codec in each container that tools make of it, with one feature or the other: what the test suite has time for.
    static let some =
        of(
            .mkv,
            [
                .h264: .tracks, .hevc: .hdr10, .mpeg2: .interlaced, .mpeg4: .attachments, .theora: .anamorphic,
                .vp8: .vfr,
                .vp9: .chapters, .av1: .hlg, .prores: .interlaced, .dnxhd: .tracks, .mjpeg: .plain, .ffv1: .hdr10,
                .rawvideo: .oddSize,
            ])
        + of(
            .mp4,
            [
                .h264: .rotated, .hevc: .attachments, .mpeg2: .chapters, .mpeg4: .vfr, .vp9: .hdr10, .av1: .tracks,
                .mjpeg: .oddSize,
            ])
        + of(
            .mov,
            [
                .h264: .interlaced, .hevc: .vfr, .mpeg2: .chapters, .mpeg4: .rotated, .prores: .chapters,
                .dnxhd: .hdr10,
                .mjpeg: .anamorphic, .rawvideo: .plain,
            ])
        + of(
            .avi,
            [
                .h264: .plain, .mpeg2: .interlaced, .mpeg4: .tracks, .mjpeg: .oddSize, .ffv1: .anamorphic,
                .rawvideo: .plain,
                .vp8: .plain,
            ]) + of(.ts, [.h264: .anamorphic, .hevc: .tracks, .mpeg2: .interlaced, .mpeg4: .plain])
        + of(.mpg, [.mpeg2: .tracks, .h264: .oddSize]) + of(.webm, [.vp8: .chapters, .vp9: .hdr10, .av1: .tracks])
        + of(.ogg, [.theora: .tracks, .vp8: .vfr])

    private static func of(_ container: Container, _ kinds: KeyValuePairs<Codec, Feature>) -> [SourceFormat] {
        kinds.map { SourceFormat(container: container, codec: $0, feature: $1) }
    }
}
