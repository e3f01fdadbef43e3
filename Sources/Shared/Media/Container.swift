internal import CLibAV
public import FarmModel
internal import Foundation

/// The container of an output, by its name's extension.
public struct Container: Hashable, Sendable {
    /// libavformat's name of the muxer.
    let muxer: String
    private let holds: [Codec]

    private static let known: [String: Container] = [
        "mkv": Container(muxer: "matroska", holds: Codec.allCases),
        "mp4": Container(muxer: "mp4", holds: [.hevc, .h264, .av1]),
        "mov": Container(muxer: "mov", holds: [.hevc, .h264]),
        "webm": Container(muxer: "webm", holds: [.av1]),
    ]

    /// - Throws: `MediaError` of kind `settings` for an unknown extension, and for a codec that the container cannot hold.
    public init(output: String, codec: Codec) throws {
        let ending = URL(fileURLWithPath: output).pathExtension.lowercased()
        guard let container = Self.known[ending] else {
            throw MediaError(.settings, "\(output): the extension must be .mkv, .mp4, .mov or .webm")
        }
        guard container.holds.contains(codec) else {
            let able = Self.known.filter { $0.value.holds.contains(codec) }.keys.sorted().map { ".\($0)" }
            throw MediaError(
                .settings, "\(output): .\(ending) cannot hold \(codec.rawValue); take \(able.joined(separator: ", "))")
        }
        self = container
    }

    private init(muxer: String, holds: [Codec]) {
        self.muxer = muxer
        self.holds = holds
    }
}
