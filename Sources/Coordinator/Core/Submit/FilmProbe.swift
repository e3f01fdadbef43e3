public import FarmModel
import Foundation
public import Media
public import Processes

/// What `coordinator probe` tells of a film; runs nothing but one pass over its packets.
public struct FilmProbe: Codable, Sendable {
    public var film: FilmDescription
    /// Candidate frames: a worker may find some that cannot be decoded.
    public var frames: Int
    public var keyframes: Int
    /// With the default segment length.
    public var segments: Int
    /// Bytes of the video stream's packets.
    public var videoBytes: Int64
    public var warnings: [String]

    /// - Throws: `CoordinatorError`
    public static func make(
        _ path: String, segmentLength: SegmentLength, filmTool: Launch = .myself(["film"])
    ) async throws -> FilmProbe {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "upscale-probe-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let table = directory.appendingPathComponent("frames.table").path
        let order = IndexOrder(
            film: URL(fileURLWithPath: path).standardizedFileURL.path,
            packets: directory.appendingPathComponent("source.packets").path, frameTable: table)
        let answer = try await FilmTool(launch: filmTool).run(.index(order), about: path)
        guard case .indexed(let film) = answer else { throw CoordinatorError(.job, "indexing \(path): no answer") }
        let segments = try await BlockingWork.run {
            try FrameTable(contentsOf: table).segments(length: segmentLength).count
        }
        return FilmProbe(
            film: film.description, frames: film.frames, keyframes: film.keyframes, segments: segments,
            videoBytes: film.packetBytes, warnings: film.warnings)
    }
}
