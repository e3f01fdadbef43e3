import Foundation
import TestSupport
import Testing

/// A job that cannot succeed ends, and says why.
@Suite struct FailureTests {
    /// The network passes its trial on a small picture and gives NaN for the film's: three attempts, then the reasons. The second
    /// segment sees two frames more for the blend.
    @Test func aNetworkThatGivesNaNFailsTheJobWithItsReasons() async throws {
        let folder = try TemporaryFolder()
        let model = folder.path("nan.pt")
        // From a file: TorchScript reads its own source.
        let script = folder.path("make.py")
        try Self.script.write(toFile: script, atomically: true, encoding: .utf8)
        try await run("/usr/bin/python3", ["-B", script, model])
        let film = try await Fixtures.shared.film(.x264Closed)
        let output = folder.path("out.mkv")
        let ended = try await coordinator([
            "run", film, "-o", output, "--state", folder.path("state"), "--json", "--model", model, "--codec", "ffv1",
            "--tile", "0", "--batch", "2", "--precision", "fp32", "--segment-frames", "50",
        ])
        #expect(ended.status == 1 && !ended.bySignal, "\(ended)")
        let line = try #require(ended.error.split(separator: "\n").last)
        #expect(line.contains("attempt 3") && line.contains(/frame (0|48)\b/), "\(line)")
        #expect(!FileManager.default.fileExists(atPath: output))
    }

    private static let script = """
        import json, sys, torch
        class Broken(torch.nn.Module):
            def forward(self, x):
                y = torch.nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")
                if x.size(3) > 40:
                    y = y * float("nan")
                return y
        description = {"name": "nan", "scale": 2, "receptive_radius": 1, "window": 1, "value_range": [0, 1],
                       "licence": "none", "source": "a test", "source_sha256": "0" * 64}
        torch.jit.save(torch.jit.script(Broken().eval()), sys.argv[1], _extra_files={"model.json": json.dumps(description)})
        """
}
