import Foundation
import TestSupport

/// A film whose samples a test knows, in 8 bit, without loss unless an encoder says otherwise.
struct DrawnFilm {
    static let (width, height) = (96, 64)

    /// Luma, frame by frame, line by line.
    var frames: [[UInt8]]

    /// A texture that moves by whole pixels a frame, and is smooth enough for any interpolation.
    static func panning(_ count: Int, seed: Int = 0, by step: Int = 2) -> DrawnFilm {
        let phase = Double(seed) * 1.7
        let frames = (0..<count).map { number in
            picture { x, y in
                let place = Double(x + step * number)
                return 120 + 50 * sin(place / 6 + phase) * cos(Double(y) / 7 - phase) + 25
                    * sin((place + Double(y)) / 11)
            }
        }
        return DrawnFilm(frames: frames)
    }

    static func picture(_ luma: (Int, Int) -> Double) -> [UInt8] {
        (0..<width * height).map { UInt8(min(255, max(0, luma($0 % width, $0 / width).rounded()))) }
    }

    /// With noise of this deviation, another in each sample.
    func noisy(_ deviation: Double, seed: UInt64) -> DrawnFilm {
        var generator = SplitMix(state: seed)
        // Uniform, of this variance; rounding adds a twelfth.
        let reach = deviation * 3.0.squareRoot()
        return DrawnFilm(
            frames: frames.map { frame in
                frame.map {
                    UInt8(min(255, max(0, (Double($0) + .random(in: -reach...reach, using: &generator)).rounded())))
                }
            })
    }

    /// Brighter from frame `first` on.
    func brighter(by step: UInt8, from first: Int) -> DrawnFilm {
        DrawnFilm(frames: frames.indices.map { number in frames[number].map { number < first ? $0 : $0 + step } })
    }

    /// Writes it, as grey pictures unless `encoder` says otherwise.
    func write(_ path: String, _ encoder: [String] = ["-c:v", "ffv1"]) async throws {
        let raw = path + ".raw"
        try Data(frames.joined()).write(to: URL(fileURLWithPath: raw))
        try await ffmpeg(
            ["-f", "rawvideo", "-pix_fmt", "gray", "-s", "\(Self.width)x\(Self.height)", "-r", "25", "-i", raw]
                + encoder + [path])
        try FileManager.default.removeItem(atPath: raw)
    }
}

/// A generator that gives the same numbers each time: Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
