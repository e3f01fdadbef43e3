internal import Foundation

/// Films made once a test process, on first use, and deleted at its end.
public actor Fixtures {
    public static let shared = Fixtures()

    private var made: [String: Task<String, any Error>] = [:]
    private static let folder: URL = {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("upscale-farm-films-\(getpid())")
        try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        atexit { try? FileManager.default.removeItem(at: Fixtures.folder) }
        return url
    }()

    /// The path of the film of this kind.
    public func film(_ kind: FilmKind) async throws -> String {
        try await file(kind.fileName) { path in
            switch kind {
            case .x265CRAStart: try await Self.cutToSecondKeyframe(try await self.film(.x265OpenMKV), to: path)
            case .editList: try await Self.cutBetweenKeyframes(try await self.film(.x264OpenMP4), to: path)
            default: try await Self.encode(kind, to: path)
            }
        }
    }

    /// The film of `kind` with bits flipped, or with packets missing, in the middle; the container is whole.
    public func damagedFilm(_ kind: FilmKind, _ damage: Damage) async throws -> String {
        try await file("\(damage)-" + kind.fileName) { path in
            try await ffmpeg(["-i", try await self.film(kind), "-c", "copy", "-bsf:v", damage.filter, path])
        }
    }

    public enum Damage: CaseIterable, Sendable {
        case bits, loss

        fileprivate var filter: String {
            switch self {
            case .bits: "noise=amount=if(between(n\\,40\\,44)\\,60\\,0)"
            case .loss: "noise=drop=between(n\\,40\\,43)"
            }
        }
    }

    /// The path of the file `name`, which `make` writes where no one asked for it yet.
    public func file(_ name: String, make: @escaping @Sendable (String) async throws -> Void) async throws -> String {
        if let task = made[name] { return try await task.value }
        let path = Self.folder.appendingPathComponent(name).path
        let task = Task {
            try await make(path)
            return path
        }
        made[name] = task
        return try await task.value
    }

    private static func encode(_ kind: FilmKind, to path: String) async throws {
        // libvpx puts hidden reference pictures into VP8 only in a second pass.
        if kind == .vp8 { return try await encodeTwice(kind, to: path) }
        let audio =
            kind == .audioPriming ? ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=5"] : []
        try await ffmpeg(
            ["-f", "lavfi", "-i", kind.filter] + audio + ["-frames:v", "\(FilmKind.frames)"] + kind.encoder
                + unvaried + [path])
    }

    /// Without random identifiers: the same film is the same bytes each time.
    private static let unvaried = ["-fflags", "+bitexact"]

    private static func encodeTwice(_ kind: FilmKind, to path: String) async throws {
        let common = ["-f", "lavfi", "-i", kind.filter, "-frames:v", "\(FilmKind.frames)"] + kind.encoder
        let log = ["-passlogfile", path + ".log"]
        try await ffmpeg(common + log + ["-pass", "1", "-f", "null", "-"])
        try await ffmpeg(common + log + ["-pass", "2"] + unvaried + [path])
    }

    /// An open GOP film without its first GOP: it starts at a CRA whose leading pictures refer to what is gone.
    private static func cutToSecondKeyframe(_ source: String, to path: String) async throws {
        let flags = try await run(
            "ffprobe",
            ["-v", "error", "-show_entries", "packet=flags", "-select_streams", "v:0", "-of", "csv=p=0", source])
        let keys = String(decoding: flags, as: UTF8.self).split(separator: "\n").indices(where: { $0.hasPrefix("K") })
        guard let second = keys.ranges.dropFirst().first?.lowerBound else { throw CocoaError(.fileReadCorruptFile) }
        try await ffmpeg(["-i", source, "-c", "copy", "-copyinkf", "-bsf:v", "noise=drop=lt(n\\,\(second))", path])
    }

    /// Copied from a time inside a GOP: the frames before it are there for decoding, and an edit list hides them.
    private static func cutBetweenKeyframes(_ source: String, to path: String) async throws {
        try await ffmpeg(["-ss", "1.3", "-i", source, "-c", "copy", path])
    }
}

/// Runs the ffmpeg command line with `arguments`, overwriting its output.
public func ffmpeg(_ arguments: [String]) async throws {
    try await run("ffmpeg", ["-nostdin", "-v", "error", "-y"] + arguments)
}
