import FarmModel
import Foundation
public import Media

/// The film of a job and where its result goes, as the queue remembers it.
public struct FilmSource: Codable, Hashable, Sendable {
    public var identity: SourceIdentity
    /// The stream that is upscaled.
    public var videoIndex: Int
    /// What indexing had to say of the film.
    public var warnings: [String]
    /// The film's file name at its user's; nil where it is the path's.
    public var name: String?
    /// The user allowed the output to be replaced.
    public var overwrite: Bool?
    /// The frames of the film whose pictures are like the job's; nil: all.
    var stretch: FrameRange?
    /// When the film starts, in seconds of its own clock: where users count from.
    var start: Double?
    /// The client's own mark of its submission: the same again is the same job.
    public var token: String?

    func encoded() throws -> String { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }

    init(identity: SourceIdentity, videoIndex: Int, warnings: [String], request: JobRequest) {
        self.identity = identity
        self.videoIndex = videoIndex
        self.warnings = warnings
        name = request.name
        overwrite = request.overwrite
        token = request.token
    }

    init(decoding text: String) throws { self = try JSONDecoder().decode(FilmSource.self, from: Data(text.utf8)) }

    /// - Throws: where the file is no longer the one that the job was made from.
    func check() throws {
        guard let difference = try SourceIdentity.read(identity.path).difference(from: identity) else { return }
        throw CoordinatorError(
            .file,
            "\(identity.path) is not the film that its unfinished job was made from: \(difference); put the old file back, or start over: `run --restart`, or `cancel` and another `submit`"
        )
    }
}
