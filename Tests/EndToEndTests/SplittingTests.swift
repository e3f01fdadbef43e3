import Foundation
import TestSupport
import Testing

/// P2: the pixels do not depend on where the film was split, on the overlap, or on how many workers there are.
@Suite struct SplittingTests {
    struct Split: Sendable, CustomTestStringConvertible {
        var frames: Int
        var overlap: Int
        var workers: Int

        var arguments: [String] {
            ["--segment-frames", "\(frames)", "--overlap", "\(overlap)", "--workers", "\(workers)"]
        }
        var testDescription: String { "segments of \(frames), overlap \(overlap), \(workers) workers" }
    }

    static let whole = Split(frames: 1000, overlap: 0, workers: 1)

    @Test func splittingIsInvisible() async throws {
        let film = try await Fixtures.shared.film(.x264OpenMKV)
        let reference = try await frames(of: film, Self.whole, exact + ["--scale", "2"])
        #expect(reference.count == FilmKind.frames)
        let splits = [
            Split(frames: 7, overlap: 0, workers: 1), Split(frames: 13, overlap: 2, workers: 3),
            Split(frames: 24, overlap: 5, workers: 1), Split(frames: 7, overlap: 3, workers: 3),
            Split(frames: 1000, overlap: 4, workers: 3),
        ]
        for split in splits {
            #expect(try await frames(of: film, split, exact + ["--scale", "2"]) == reference, "\(split)")
        }
    }

    /// With a real network and what is its default, a blend, in batches that the splits fill differently.
    @Test func splittingIsInvisibleToTheNetwork() async throws {
        let film = try await Fixtures.shared.file("network.mkv") { path in
            try await ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=24,format=yuv420p", "-frames:v", "40", "-c:v", "libx264",
                "-g", "16",
                path,
            ])
        }
        let settings = ["--codec", "ffv1", "--scale", "2", "--batch", "4", "--tile", "48", "--precision", "fp32"]
        let reference = try await frames(of: film, Split(frames: 1000, overlap: 3, workers: 1), settings)
        #expect(reference.count == 40)
        for split in [Split(frames: 7, overlap: 3, workers: 1), Split(frames: 24, overlap: 5, workers: 3)] {
            #expect(try await frames(of: film, split, settings) == reference, "\(split)")
        }
    }

    /// A film of a variable rate, with cuts inside segments and at their borders, and the first and last frames of each.
    @Test(arguments: [1, 3]) func splittingIsInvisibleToTheBlend(radius: Int) async throws {
        let film = try await scenes()
        let settings = exact + ["--scale", "2", "--temporal-blend", "\(radius)"]
        let reference = try await expectSplitsToBeInvisible(in: film, overlap: radius, settings)
        let plain = try await frames(of: film, Self.whole, exact + ["--scale", "2"])
        #expect(zip(plain, reference).count { $0 != $1 } > 40)
    }

    /// A network that sees five frames, alone and with a blend behind it.
    @Test(arguments: [0, 1]) func splittingIsInvisibleToNetworksWithAWindow(radius: Int) async throws {
        let film = try await scenes()
        let model = try await Fixtures.shared.file("window.pt") { path in
            try Self.window.write(toFile: path + ".py", atomically: true, encoding: .utf8)
            try await run("/usr/bin/python3", ["-B", path + ".py", path])
        }
        let settings = [
            "--codec", "ffv1", "--model", model, "--tile", "48", "--batch", "2", "--precision", "fp32",
            "--temporal-blend", "\(radius)",
        ]
        try await expectSplitsToBeInvisible(in: film, overlap: 2 + radius, settings)
    }

    /// The encoder begins anew at the same frames, so that even its bits do not depend on how the film was split: six seconds
    /// with keyframes every 1.2 s and a cut inside.
    @Test(arguments: [
        ("hevc", "ultrafast"), ("h264", "veryfast"), ("av1", "12"), ("hevc", "ultrafast, only keyframes"),
    ])
    func splittingIsInvisibleToTheEncoder(codec: String, preset: String) async throws {
        let film = try await Fixtures.shared.file("gops.mkv") { path in
            let scenes = "testsrc2=size=160x96:rate=25[a];mandelbrot=size=160x96:rate=25[b]"
            try await ffmpeg([
                "-filter_complex", "\(scenes);[a]trim=end_frame=82[c];[c][b]concat=n=2,format=yuv420p", "-frames:v",
                "150",
                "-c:v", "libx264", "-g", "30", "-bf", "2", path,
            ])
        }
        let settings =
            Array(exact.dropLast(2)) + ["--scale", "1", "--codec", codec]
            + ["--preset", preset.split(separator: ",").map(String.init)[0]]
            + (preset.contains("only") ? ["--encoder-params", "keyint=1"] : [])
        let folder = try TemporaryFolder()
        var films: [String: [String]] = [:]
        for (gops, segments) in [
            ("default", ["--segment-seconds", "1"]), ("default", ["--segment-seconds", "600", "--workers", "1"]),
            ("default", ["--workers", "3"]), ("25", ["--segment-frames", "25"]),
            ("25", ["--gop-frames", "25", "--segment-seconds", "4"]),
        ] {
            let output = folder.path("\(films.values.joined().count).mkv")
            try await upscale(film, to: output, in: folder, settings + segments)
            let keys = try await Judge.packets(output, "v:0", "flags").count { $0.hasPrefix("K") }
            #expect(keys >= (gops == "25" ? 6 : 3), "\(segments)")
            let payload = try await Judge.payload(output, "v:0")
            films[gops, default: []].append(payload)
        }
        for (gops, hashes) in films { #expect(hashes.count >= 2 && Set(hashes).count == 1, "\(gops): \(hashes)") }
        #expect(films["default"] != films["25"])
    }

    private static let window = """
        import json, sys, torch
        class Echo(torch.nn.Module):
            def forward(self, x):
                y = x[:, 0] * 0.1 + x[:, 1] * 0.2 + x[:, 2] * 0.4 + x[:, 3] * 0.2 + x[:, 4] * 0.1
                return torch.nn.functional.interpolate(y, scale_factor=2.0, mode="nearest")
        description = {"name": "echo", "scale": 2, "receptive_radius": 0, "window": 5, "value_range": [0, 1],
                       "licence": "none", "source": "a test", "source_sha256": "0" * 64}
        torch.jit.save(torch.jit.script(Echo().eval()), sys.argv[1], _extra_files={"model.json": json.dumps(description)})
        """

    /// The film of `scenes`, in segments of 7, of 24 and as a whole; an overlap that is too small is refused.
    /// - Returns: its frames.
    @discardableResult
    private func expectSplitsToBeInvisible(
        in film: String, overlap: Int, _ settings: [String]
    ) async throws -> [String] {
        let reference = try await frames(of: film, Split(frames: 1000, overlap: overlap, workers: 1), settings)
        #expect(reference.count == 50)
        for split in [
            Split(frames: 7, overlap: overlap, workers: 2), Split(frames: 24, overlap: overlap + 2, workers: 1),
        ] {
            #expect(try await frames(of: film, split, settings) == reference, "\(split)")
        }
        let folder = try TemporaryFolder()
        let refused = try await coordinator(
            ["run", film, "-o", folder.path("out.mkv"), "--state", folder.path("state"), "--overlap", "\(overlap - 1)"]
                + settings)
        #expect(refused.status == 2 && refused.error.contains("--overlap"), "\(refused)")
        return reference
    }

    private func scenes() async throws -> String {
        try await Fixtures.shared.file("blend.mkv") { path in
            let scenes = "testsrc2=size=96x64:rate=25[a];mandelbrot=size=96x64:rate=25[b];testsrc=size=96x64:rate=25[c]"
            let joined = "[a]trim=end_frame=14[d];[b]trim=end_frame=17[e];[c]trim=end_frame=19[f];[d][e][f]concat=n=3"
            try await ffmpeg([
                "-filter_complex",
                "\(scenes);\(joined),noise=alls=12:allf=t,format=yuv420p,settb=1/1000,setpts='N*40+mod(N*N,17)'",
                "-fps_mode", "passthrough", "-enc_time_base", "-1", "-c:v", "libx264", "-g", "16", "-crf", "12", path,
            ])
        }
    }

    private func frames(of film: String, _ split: Split, _ settings: [String]) async throws -> [String] {
        let folder = try TemporaryFolder()
        let output = folder.path("out.mkv")
        try await upscale(film, to: output, in: folder, settings + split.arguments)
        return try await referenceFrames(output).map(\.description)
    }
}
