import FarmModel
import Foundation
public import Media
public import Processes

/// What `coordinator probe` tells of a film; runs nothing but one pass over its packets.
public struct FilmProbe: Codable, Sendable {
    public var film: FilmDescription
    /// Candidate frames: a worker may find some that cannot be decoded.
    public var frames: Int
    public var keyframes: Int
    /// What its pictures are: from the first one on, and from where they change.
    public var formats: [FormatMark]
    /// With the default settings, on one slot.
    public var segments: Int
    /// Bytes of the video stream's packets.
    public var videoBytes: Int64
    public var warnings: [String]

    /// - Throws: `CoordinatorError`
    public static func make(
        _ path: String, filmTool: Launch = .myself(["film"])
    ) async throws -> FilmProbe {
        let order = SurveyOrder(film: URL(fileURLWithPath: path).standardizedFileURL.path)
        let answer = try await FilmTool(launch: filmTool).run(.survey(order), about: path)
        guard case .surveyed(let probe) = answer else { throw CoordinatorError(.job, "reading \(path): no answer") }
        return probe
    }
}

/// What the probing child is told.
struct SurveyOrder: Codable, Sendable {
    var film: String

    func carryOut() throws -> FilmProbe {
        let description = try FilmDescription.read(film)  // first: it refuses what is no film in plain words
        let survey = try FilmSurvey(film)
        return FilmProbe(
            film: description, frames: survey.table.count, keyframes: survey.table.keyframes.count,
            formats: survey.formats,
            segments: survey.table.segments(
                length: .automatic, gops: JobSettings().gopLength(seconds: survey.table.seconds),
                within: FrameRange(0, survey.table.count)
            ).count, videoBytes: survey.videoBytes,
            warnings: survey.warnings)
    }
}
