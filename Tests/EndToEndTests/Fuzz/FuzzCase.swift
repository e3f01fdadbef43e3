import Foundation
import TestSupport

/// A film that went wrong, and what is asked for it: all of it follows from the seed.
struct FuzzCase: CustomStringConvertible {
    let seed: UInt64
    let film: FuzzFilm
    private let other: FuzzFilm
    private let mutations: [Mutation]
    /// Where the films' bytes are concerned.
    private var random: Seeded
    /// The container that is asked for, and the settings.
    let output: String
    let settings: [String]

    init(seed: UInt64) {
        var random = Seeded(state: seed)
        func drawn() -> FuzzFilm { FuzzFilm.all[Int.random(in: 0..<FuzzFilm.all.count, using: &random)] }
        self.seed = seed
        (film, other) = (drawn(), drawn())
        let count = [1, 1, 1, 2, 3].randomElement(using: &random) ?? 1
        mutations = (0..<count).map { _ in Mutation.draw(&random) }
        let isLossless = random.chance(0.4)
        output = ["mkv", "mkv", "mp4", "mov"].randomElement(using: &random) ?? "mkv"
        settings =
            [
                "--model", "nearest", "--scale", "1", "--tile", "0", "--batch", "4", "--precision", "fp32",
                "--segment-frames", "40",
            ]
            + (isLossless && output == "mkv"
                ? ["--codec", "ffv1"] : ["--codec", "h264", "--preset", "ultrafast", "--pixel-format", "yuv444p"])
        self.random = random
    }

    var description: String { "\(film), \(mutations.map(\.rawValue).joined(separator: "+"))" }

    /// Writes the film into `folder`; answers its path.
    func make(in folder: TemporaryFolder) async throws -> String {
        let path = folder.path("film.\(film.pathExtension)")
        let bytes = try await bytes()
        try bytes.write(to: URL(fileURLWithPath: path))
        if let folder = ProcessInfo.processInfo.environment["UPSCALE_FARM_FUZZ_KEEP"] {
            try bytes.write(to: URL(fileURLWithPath: "\(folder)/seed-\(seed).\(film.pathExtension)"))
        }
        return path
    }

    private func bytes() async throws -> Data {
        var random = random
        let other = try Data(contentsOf: URL(fileURLWithPath: try await other.path()))
        let whole = try Data(contentsOf: URL(fileURLWithPath: try await film.path()))
        return mutations.reduce(whole) { Data($1.apply(to: $0, other, &random)) }
    }
}
