import Comparison
import Foundation
import TestSupport
import Testing

/// `coordinator compare` as it is typed.
@Suite struct CompareTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func film(_ name: String, frames: Int = 12, size: String = "96x64", crf: Int = 20) async throws -> String {
        let path = folder.path(name)
        try await ffmpeg([
            "-f", "lavfi", "-i", "testsrc2=size=\(size):rate=24", "-frames:v", "\(frames)", "-pix_fmt", "yuv420p",
            "-c:v", "libx264", "-preset", "veryfast", "-crf", "\(crf)", path,
        ])
        return path
    }

    @Test func tellsPeopleAndScripts() async throws {
        let (a, b, reference) = (
            try await film("a.mkv"), try await film("b.mkv", crf: 40), try await film("reference.mkv", crf: 1)
        )
        let plot = folder.path("plot.svg")
        let arguments = ["compare", a, b, "--reference", reference, "--borders", "8,4", "--plot", plot]
        let json = try await coordinator(arguments + ["--json"])
        try #require(json.status == 0 && json.error.isEmpty, "\(json)")
        let found = try JSONDecoder().decode(FilmComparison.self, from: Data(json.output.utf8))
        #expect(found.frames == 12 && found.borders.frames == [4, 8] && found.seam != nil)
        #expect(try #require(found.a.likeness?.psnr) > #require(found.b.likeness?.psnr) + 5)
        #expect(found.times?.count == 12 && abs((found.times?.last ?? 0) - 11 / 24) < 0.001)
        #expect(try String(contentsOfFile: plot, encoding: .utf8).hasPrefix("<svg "))

        let text = try await coordinator(arguments)
        #expect(text.status == 0, "\(text)")
        let psnr = String(format: "%.2f dB", found.a.likeness?.psnr ?? 0)
        for words in [a, b, reference, "12 frames", psnr, "seam figure", "(given)", "borders      4, 8"] {
            #expect(text.output.contains(words), "\(words): \(text.output)")
        }
    }

    @Test func mistakesAreOneLine() async throws {
        let a = try await film("a.mkv")
        let (other, short) = (try await film("other.mkv", size: "128x96"), try await film("short.mkv", frames: 9))
        let text = folder.path("text.mkv")
        try Data("this is no film\n".utf8).write(to: URL(fileURLWithPath: text))
        let mistakes: [(arguments: [String], status: Int32, mention: String)] = [
            ([a], 2, "<b>"), ([a, a, "--borders", "0"], 2, "--borders"), ([a, a, "--borders", "4,x"], 2, "--borders"),
            ([a, a, "--plot", folder.path("plot.png")], 2, ".svg"),
            ([a, a, "--plot", folder.path("nowhere/plot.svg")], 3, "nowhere"),
            ([a, folder.path("missing.mkv")], 3, "missing.mkv"), ([a, text], 3, "text.mkv"),
            ([a, a, "--reference", folder.path("missing.mkv")], 3, "missing.mkv"),
            ([a, other], 3, "\(a) is 96x64 and \(other) 128x96"), ([a, short], 3, "short.mkv ends after 9 frames"),
        ]
        for mistake in mistakes {
            let ended = try await coordinator(["compare"] + mistake.arguments)
            #expect(ended.status == mistake.status && !ended.bySignal && ended.output.isEmpty, "\(ended)")
            #expect(ended.error.split(separator: "\n").count == 1, "\(ended.error)")
            #expect(ended.error.contains(mistake.mention), "\(mistake.mention): \(ended.error)")
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path("plot.png")))
    }
}
