internal import CLibAV
public import FarmModel
internal import Foundation

/// The container of a film that is to be written, named by an extension.
public struct Container: Hashable, Sendable {
    /// `mkv`, `mp4`, `mov`, `webm`.
    public let pathExtension: String
    /// libavformat's name of the muxer.
    let muxer: String

    private static let muxers = ["mkv": "matroska", "mp4": "mp4", "m4v": "mp4", "mov": "mov", "webm": "webm"]
    private static let names = "mkv, mp4, mov or webm"

    /// Whether two extensions name one container, as mp4 and m4v do.
    public static func areAlike(_ one: String, _ other: String) -> Bool {
        let (one, other) = (one.lowercased(), other.lowercased())
        return one == other || (muxers[one] != nil && muxers[one] == muxers[other])
    }

    /// - Parameter output: the film's name, of which the extension counts.
    /// - Throws: `MediaError` of kind `.settings` where the extension is unknown, or the container cannot hold `codec`.
    public init(output: String, codec: Codec) throws {
        pathExtension = URL(fileURLWithPath: output).pathExtension.lowercased()
        guard let muxer = Self.muxers[pathExtension] else {
            let what = pathExtension.isEmpty ? "has no extension" : "has the unknown extension .\(pathExtension)"
            throw MediaError(.settings, "\(output) \(what): name the container by \(Self.names)")
        }
        self.muxer = muxer
        guard holds(codec) else {
            let able = Codec.allCases.filter(holds).map(\.rawValue).joined(separator: " or ")
            throw MediaError(
                .settings,
                "\(output): .\(pathExtension) cannot hold \(codec.rawValue); give --codec \(able), or name the film .mkv"
            )
        }
    }

    /// Whether a film can tell players to turn its pictures. libav's muxer for Matroska cannot.
    public var saysOrientation: Bool { !isMatroska }
    var isMatroska: Bool { muxer == "matroska" || muxer == "webm" }
    /// Matroska with fonts, covers and other files beside the streams.
    var holdsAttachments: Bool { muxer == "matroska" }
    /// What the film's streams lie in, in words.
    var name: String { ["matroska": "Matroska", "mp4": "MP4", "mov": "QuickTime", "webm": "WebM"][muxer] ?? muxer }

    private func holds(_ codec: Codec) -> Bool {
        avcodec_descriptor_get_by_name(codec.rawValue).map { holds($0.pointee.id) } ?? false
    }

    /// Whether libavformat's muxer takes streams of the codec.
    func holds(_ codec: AVCodecID) -> Bool {
        guard let format = av_guess_format(muxer, nil, nil) else { return false }
        return avformat_query_codec(format, codec, FF_COMPLIANCE_EXPERIMENTAL) == 1
    }
}
