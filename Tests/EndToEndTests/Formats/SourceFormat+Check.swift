import Foundation
import TestSupport

extension SourceFormat {
    /// Whether every picture of a film comes out of it, without a complaint, and it has what its name says.
    func isWhatItIsNamedFor(_ path: String) async throws -> Bool {
        let facts = try await FilmFacts.read(path)
        guard let video = facts.video, try await Judge.complaints(path).isEmpty,
            try await referenceFrames(path).count == Self.frames
        else { return false }
        switch feature {
        case .plain: return true
        case .interlaced: return try await isFlaggedInterlaced(path)
        case .vfr:
            let steps = zip(facts.times, facts.times.dropFirst()).map { $1 - $0 }
            return facts.times.count == Self.frames && (steps.max() ?? 0) - (steps.min() ?? 0) > 0.005
        case .hdr10:
            return try await isTransfer("smpte2084", video, path)
                && (video.hasMasteringDisplay && video.lightLevels != nil)
        case .hlg: return try await isTransfer("arib-std-b67", video, path)
        case .rotated: return video.rotation.map { abs($0) == 90 } ?? false
        case .anamorphic: return video.sampleAspectRatio == "4:3"
        case .oddSize: return (video.width ?? 0) % 2 == 1 && (video.height ?? 0) % 2 == 1
        case .tracks: return facts.streams("audio").count == 2
        case .chapters: return facts.chapters.count == 2
        case .attachments: return facts.besides.count == 1
        }
    }

    private func isTransfer(_ name: String, _ video: FilmFacts.Stream, _ path: String) async throws -> Bool {
        video.colorTransfer == name && video.pixFmt?.contains("10") == true
    }

    private func isFlaggedInterlaced(_ path: String) async throws -> Bool {
        let output = try await run(
            "ffprobe",
            [
                "-v", "error", "-select_streams", "V:0", "-read_intervals", "%+#3", "-show_entries",
                "frame=interlaced_frame", "-of", "csv=p=0", path,
            ])
        return String(decoding: output, as: UTF8.self).contains("1")
    }
}
