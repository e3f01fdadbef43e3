import FarmModel
import Foundation
import TestSupport
import Testing

@testable import Comparison

/// E_warp of films whose motion and noise are known; cuts; the seam figure.
@Suite struct WarpingErrorTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func write(_ film: DrawnFilm, _ name: String, _ encoder: [String] = ["-c:v", "ffv1"]) async throws -> String
    {
        let path = folder.path(name)
        try await film.write(path, encoder)
        return path
    }

    /// Half a step of 8 bits, squared: what rounding to them leaves.
    private static let rounding: Double = 0.25 / 65_025

    @Test func motionAloneIsNoError() async throws {
        let path = try await write(.panning(8), "a.mkv")
        let found = try FilmComparer.compare(.init(a: path, b: path))
        #expect(found.cuts == [] && found.a.perFrame.warpingError.count == 8 && found.a.perFrame.warpingError[0] == nil)
        #expect(try #require(found.a.warpingError) < Self.rounding, "\(found.a.perFrame)")
    }

    /// Of two pictures with noise the difference has twice its variance, where the motion is of whole pixels; interpolation between
    /// pixels takes some of one's.
    @Test func noiseIsTwiceItsVariance() async throws {
        let clean = DrawnFilm.panning(8)
        let (reference, noisy) = (
            try await write(clean, "clean.mkv"), try await write(clean.noisy(5, seed: 9), "noisy.mkv")
        )
        let found = try FilmComparer.compare(.init(a: noisy, b: reference, reference: reference))
        let error = try #require(found.a.warpingError) * 255 * 255
        #expect((1.8 * 25...2.05 * 25).contains(error), "\(error)")
        #expect(found.guide == .reference && found.a.perFrame.warpingError.dropFirst().allSatisfy { $0 != nil })
    }

    /// Flicker in A, none in B, whose motion counts.
    @Test func aFlashOfOneFrameIsSeenTwice() async throws {
        let clean = DrawnFilm.panning(8)
        var frames = clean.frames
        frames[4] = frames[4].map { $0 + 10 }
        let found = try FilmComparer.compare(
            .init(a: try await write(DrawnFilm(frames: frames), "a.mkv"), b: try await write(clean, "b.mkv")))
        let steps = found.a.perFrame.warpingError.compactMap(\.self).map { ($0.squareRoot() * 255).rounded() }
        #expect(steps == [0, 0, 0, 10, 10, 0, 0])
    }

    /// A square moves over a texture, and covers some of it that is not to be seen in the next picture.
    @Test func whatIsCoveredIsNotSeen() throws {
        var generator = SplitMix(state: 4)
        let texture = DrawnFilm.picture { _, _ in .random(in: 0...160, using: &generator) }
        func picture(_ left: Int) throws -> LumaPicture {
            try luma(
                DrawnFilm.picture { x, y in
                    let isSquare = (16..<48).contains(y) && (left..<left + 32).contains(x)
                    return Double(texture[y * DrawnFilm.width + (isSquare ? x - left : x)]) + (isSquare ? 90 : 0)
                })
        }
        let motion = try Motion()
        #expect(try motion.estimate(from: picture(8), to: picture(8)) == 1)
        let seen = try motion.estimate(from: picture(8), to: picture(16))
        // Eight columns of the square's height are covered: a twenty-fourth. Around them the flow is vague.
        #expect((0.6...0.96).contains(seen), "\(seen)")
    }

    private func luma(_ samples: [UInt8]) throws -> LumaPicture {
        let format = PictureFormat(
            width: DrawnFilm.width, height: DrawnFilm.height, layout: PixelLayout(family: .gray, bitDepth: 8),
            color: ColorDescription())
        let buffer = PictureBuffer(format: format)
        for y in 0..<format.height {
            let line = samples[y * format.width..<(y + 1) * format.width]
            buffer.mutablePlane(0).advanced(by: y * buffer.stride(0)).copyMemory(
                from: Array(line), byteCount: line.count)
        }
        let picture = try LumaPicture()
        try picture.load(buffer, scale: LumaScale(of: format, to: .init([format])))
        return picture
    }

    @Test func aCutIsLeftOut() async throws {
        let scenes = DrawnFilm(
            frames: DrawnFilm.panning(5).frames + DrawnFilm.panning(5, seed: 4, by: -1).frames.map { $0.map { $0 / 2 } }
        )
        let path = try await write(scenes, "a.mkv")
        let found = try FilmComparer.compare(.init(a: path, b: path, borders: [5]))
        #expect(found.cuts == [5] && found.a.perFrame.warpingError[5] == nil)
        #expect(try #require(found.a.warpingError) < Self.rounding)
        // Its only border is the cut.
        #expect(found.seam == nil && found.borders == .init(given: [5], keyframes: ([], []), count: 10))
    }

    @Test func aStepInBrightnessIsASeam() async throws {
        let clean = DrawnFilm.panning(12)
        let whole = clean.noisy(2, seed: 5)
        let reference = try await write(clean, "clean.mkv")
        let one = try await write(whole, "one.mkv")
        let split = try await write(whole.brighter(by: 6, from: 8), "split.mkv")
        let seam = try #require(try seam(split, one, reference))
        #expect(seam.borders.map(\.frame) == [4, 8] && seam.worst?.frame == 8)
        let (at4, at8) = (seam.borders[0], seam.borders[1])
        #expect(at4.figure == 1)
        // Six steps more, squared, and the noise that was there.
        #expect(abs((at8.a - at8.b) * 255 * 255 - 36) < 4, "\(at8)")
        #expect(seam.figure == (at4.a + at8.a) / (at4.b + at8.b) && seam.figure ?? 0 > 2)
        #expect(try self.seam(one, one, reference)?.figure == 1)
    }

    private func seam(_ a: String, _ b: String, _ reference: String) throws -> Seam? {
        try FilmComparer.compare(.init(a: a, b: b, reference: reference, borders: [4, 8])).seam
    }

    @Test func bordersAreKeyframesThatTheOtherHasNot() async throws {
        let film = DrawnFilm.panning(20)
        func x264(_ keyframes: String) -> [String] {
            [
                "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-x264-params",
                "scenecut=0:bframes=2:keyint=infinite", "-force_key_frames", "expr:\(keyframes)",
            ]
        }
        let split = try await write(film, "split.mkv", x264("eq(mod(n,4),0)"))
        let whole = try await write(film, "whole.mkv", x264("eq(mod(n,8),0)"))
        let found = try FilmComparer.compare(.init(a: split, b: whole))
        #expect(found.borders == .init(given: nil, keyframes: ([0, 4, 8, 12, 16], [0, 8, 16]), count: 20))
        #expect(found.borders.origin == .keyframes && found.borders.frames == [4, 12])
        #expect(found.seam?.borders.map(\.frame) == [4, 12])
        // Each picture of this one is a keyframe, which tells nothing.
        let intra = try await write(film, "intra.mkv", ["-c:v", "ffv1", "-g", "1"])
        let none = try FilmComparer.compare(.init(a: intra, b: whole))
        #expect(none.borders.frames == [] && none.seam == nil)
    }
}
