import FarmModel
import Foundation
import TestSupport

@testable import Media

/// A source, segments of synthetic pictures at its frames' timestamps, and the film joined from them.
final class JoinedFilm {
    let folder: TemporaryFolder
    var plan: FilmPlan
    let path: String
    private(set) var report = FilmWriter.Report(frames: 0, warnings: [], videoIndex: 0, copied: [:])
    private(set) var notes: [String] = []

    /// - Parameters:
    ///   - cuts: where segments begin, after the first.
    ///   - limit: of the source's frames, only so many.
    init(
        source: String, codec: Codec = .h264, encoder: String? = nil, pixels: String = "yuv420p",
        container: String = "mkv",
        cuts: [Int] = [1, 3, 20],
        limit: Int = 40
    ) throws {
        folder = try TemporaryFolder()
        let demuxer = try Demuxer(path: source, selection: .video)
        var timestamps: [Int64] = []
        while let packet = try demuxer.next() {
            guard packet.stream == demuxer.videoIndex, !packet.flags.contains(.discard) else { continue }
            if let pts = packet.pts { timestamps.append(pts) }
        }
        timestamps = Array(timestamps.sorted().prefix(limit))
        let film = try SyntheticFilm(
            width: encoder == nil ? 96 : 192, height: encoder == nil ? 64 : 160, pixelFormat: pixels)
        var settings = try film.settings(codec, timeBase: demuxer.video.timeBase, frameRate: demuxer.video.frameRate)
        if let encoder { (settings.encoder, settings.preset) = (encoder, "p5") }
        let bounds = [0] + cuts.filter { $0 < timestamps.count } + [timestamps.count]
        var segments: [String] = []
        for (first, end) in zip(bounds, bounds.dropFirst()) {
            let encoded = try film.encode(first..<end, settings) { timestamps[$0] }
            let path = folder.path("segment-\(segments.count)")
            var writer = try PacketFileWriter(path: path, stream: encoded.stream)
            for packet in encoded.packets { try writer.append(packet) }
            try writer.finish()
            segments.append(path)
        }
        path = folder.path("film.\(container)")
        plan = FilmPlan(
            source: source, videoIndex: demuxer.videoIndex, segments: segments, timestamps: timestamps,
            encoding: settings,
            output: path)
    }

    /// Writes the film and checks it.
    @discardableResult
    func write() throws -> JoinedFilm {
        report = try FilmWriter.write(plan, to: path)
        notes = try FilmCheck.check(path, against: plan, report: report)
        return self
    }

    /// Hashes of the frames that the segments decode to, each on its own.
    func segmentFrames() throws -> [String] {
        try plan.segments.flatMap { path in
            let reader = try PacketFileReader(path: path)
            let decoder = try VideoDecoder(stream: reader.stream, threads: 1)
            var frames: [VideoFrame] = []
            while let packet = try reader.next() { frames += try decoder.decode(packet) }
            frames += try decoder.finish()
            return frames.map { frameHash($0) }
        }
    }
}

/// What the ffmpeg command line says on standard error while it decodes everything in the film. Of covers in MP4 it always
/// says that their timescale is not set.
func complaints(_ path: String) async throws -> String {
    let command =
        "ffmpeg -nostdin -v warning -i \"$0\" -map 0:v:0 -map '0:a?' -fps_mode passthrough -enc_time_base -1 -f null - 2>&1 >/dev/null"
    return String(decoding: try await run("bash", ["-c", command, path]), as: UTF8.self).split(separator: "\n")
        .filter { !$0.hasSuffix("timescale not set") }.joined(separator: "\n")
}

/// Lines of ffprobe's output.
func probe(_ path: String, _ arguments: [String]) async throws -> [String] {
    let output = try await run("ffprobe", ["-v", "error", "-of", "compact=p=0:nk=0"] + arguments + [path])
    return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
}

/// SHA-256 of the payloads of each stream that `streams` selects.
func payloadHashes(_ path: String, _ streams: String) async throws -> [String] {
    let output = try await run(
        "ffmpeg", ["-nostdin", "-v", "error", "-i", path, "-map", streams, "-c", "copy", "-f", "streamhash", "-"])
    return String(decoding: output, as: UTF8.self).split(separator: "\n").map { String($0.drop { $0 != "=" }) }
}
