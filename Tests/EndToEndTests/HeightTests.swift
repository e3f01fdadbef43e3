import Foundation
import TestSupport
import Testing

/// `--height`: films of a height that no scale gives.
@Suite struct HeightTests {
    /// 96x64, of samples wider than high, to be turned by a quarter on showing where a player can be told.
    private static func film(aspect: String = "1", turned: Bool = false) async throws -> String {
        try await Fixtures.shared.file("height-\(aspect.replacing("/", with: "-"))-\(turned).mp4") { path in
            let plain = path + ".plain.mp4"
            try await ffmpeg([
                "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25", "-frames:v", "12", "-vf",
                "format=yuv420p,setsar=\(aspect)", "-c:v", "libx264", "-preset", "veryfast", "-g", "5", plain,
            ])
            try await ffmpeg(["-i", plain, "-c", "copy"] + (turned ? ["-metadata:s:v:0", "rotate=90"] : []) + [path])
        }
    }

    struct Shape: Sendable, CustomTestStringConvertible {
        var container: String
        var aspect = "1:1"
        var turned = false
        var height = 90
        var stored: (width: Int, height: Int)
        var shownAspect: String?
        var testDescription: String { "\(aspect)\(turned ? ", turned" : "") to \(height) in \(container)" }
    }

    @Test(arguments: [
        Shape(container: "mkv", stored: (136, 90)), Shape(container: "mp4", stored: (136, 90)),
        Shape(container: "mkv", height: 22, stored: (34, 22)),
        Shape(container: "mkv", aspect: "4:3", stored: (136, 90)),
        Shape(container: "mp4", aspect: "4:3", stored: (136, 90)),
        // Turned for good, and to be turned on showing.
        Shape(container: "mkv", aspect: "4:3", turned: true, stored: (60, 90), shownAspect: "3:4"),
        Shape(container: "mp4", aspect: "4:3", turned: true, stored: (90, 60)),
    ])
    func filmsGetTheirHeight(_ shape: Shape) async throws {
        let film = try await Self.film(aspect: shape.aspect.replacing(":", with: "/"), turned: shape.turned)
        let folder = try TemporaryFolder()
        let output = folder.path("out.\(shape.container)")
        let done = try await upscale(
            film, to: output, in: folder,
            ["--model", "nearest", "--codec", "h264", "--preset", "ultrafast", "--height", "\(shape.height)"])
        let size = "\(shape.stored.width)x\(shape.stored.height)"
        // The smallest scale that reaches it.
        let scale = shape.height > (shape.turned ? 96 : 64) ? 2 : 1
        #expect(done.output.contains("to \(size) by nearest x\(scale) and resampling"))
        for (field, value) in [
            ("width", "\(shape.stored.width)"), ("height", "\(shape.stored.height)"),
            ("sample_aspect_ratio", shape.shownAspect ?? shape.aspect),
        ] {
            #expect(try await Judge.stream(output, "v:0", field).hasPrefix(value), "\(field)")
        }
        #expect(try await Judge.faults(output, of: film) == "")
        #expect(try await Judge.complaints(output) == "")
    }

    /// P2: pixels depend on what was asked for, not on how it was cut up.
    @Test func cuttingUpIsInvisible() async throws {
        let film = try await Self.film()
        let ways = [("1000", "0", "4"), ("5", "48", "1"), ("3", "33", "3")]
        var seen: [[FrameHash]] = []
        for (frames, tile, batch) in ways {
            seen.append(
                try await Self.frames(
                    film, ["--height", "90", "--segment-frames", frames, "--tile", tile, "--batch", batch]))
        }
        #expect(seen[0].count == 12 && Set(seen).count == 1)
    }

    /// A height that a scale gives is that scale's film, bit for bit; without `--scale`, the smallest that reaches it.
    @Test func aScalesOwnHeightChangesNothing() async throws {
        let film = try await Self.film()
        let doubled = try await Self.frames(film, ["--scale", "2"])
        #expect(try await Self.frames(film, ["--height", "128"]) == doubled)
        #expect(try await Self.frames(film, ["--scale", "2", "--height", "128"]) == doubled)
        #expect(try await Self.frames(film, ["--height", "130"]) != doubled)
    }

    private static func frames(_ film: String, _ settings: [String]) async throws -> [FrameHash] {
        let folder = try TemporaryFolder()
        let output = folder.path("out.mkv")
        try await upscale(film, to: output, in: folder, exact + settings)  // of an option given twice the last counts
        return try await referenceFrames(output)
    }
}
