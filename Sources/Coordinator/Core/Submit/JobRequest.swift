public import FarmModel
internal import Foundation

/// What a person asks for: a film, a name for the result, and settings.
public struct JobRequest: Codable, Hashable, Sendable {
    public var film: String
    public var output: String
    public var settings: JobSettings
    public var overwrite: Bool
    /// The film's file name at its user's, where `film` is a copy under another.
    public var name: String?
    /// The key's name that it came with; nil on the coordinator's own machine.
    public var owner: String?
    /// Higher goes first.
    public var priority = 0
    /// The client's own mark of its submission.
    public var token: String?

    /// - Parameter output: nil puts `NAME.upscaled.mkv` beside the film.
    public init(film: String, output: String?, settings: JobSettings, overwrite: Bool) {
        let source = URL(fileURLWithPath: film).standardizedFileURL
        self.film = source.path
        self.output =
            output.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
            ?? source.deletingPathExtension().path + ".upscaled.mkv"
        self.settings = settings
        self.overwrite = overwrite
    }

    /// A link: replacing it would replace the film.
    private var isFilmByAnotherName: Bool {
        var (one, other) = (stat(), stat())
        guard stat(film, &one) == 0, stat(output, &other) == 0 else { return false }
        return one.st_dev == other.st_dev && one.st_ino == other.st_ino
    }

    /// Refuses an output that could not be published, before anything is done for it.
    func checkOutput() throws {
        guard output != film, !isFilmByAnotherName else {
            throw CoordinatorError(.file, "\(output) is the film itself: give another name with -o")
        }
        let files = FileManager.default
        var isDirectory: ObjCBool = false
        if files.fileExists(atPath: output, isDirectory: &isDirectory) {
            if isDirectory.boolValue { throw CoordinatorError(.file, "\(output) is a folder: name a file with -o") }
            if !overwrite {
                throw CoordinatorError(
                    .file, "\(output) exists: give --overwrite to replace it, or another name with -o")
            }
        }
        // A file's name has 255 bytes, and the film is joined under one that has some more than its own.
        guard URL(fileURLWithPath: output).lastPathComponent.utf8.count <= 235 else {
            throw CoordinatorError(.file, "\(output) is too long a name: give a shorter one with -o")
        }
        let folder = URL(fileURLWithPath: output).deletingLastPathComponent().path
        guard files.fileExists(atPath: folder, isDirectory: &isDirectory), isDirectory.boolValue else {
            throw CoordinatorError(.file, "the folder \(folder) does not exist: create it, or name another with -o")
        }
        guard access(folder, W_OK) == 0 else {
            throw CoordinatorError(
                .file,
                "cannot write into the folder \(folder): \(String(cString: strerror(errno))); name another with -o")
        }
    }
}
