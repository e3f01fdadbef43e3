import Foundation
import TestSupport

/// What became of a source of some format: nothing is wrong where `faults` is empty.
struct FormatResult: Sendable, CustomStringConvertible {
    var format: SourceFormat
    /// Extension of the result.
    var output: String
    /// What the job said that the film's container or codec cannot hold; a line each.
    var warnings: [String] = []
    /// Why there is no film; nil where there is one.
    var refusal: String?
    /// What the judges found; a line each.
    var faults: [String] = []
    /// Of the film's video and first sound; for "MP4 and MKV of one job hold the same payloads".
    var payloads: [String] = []

    var description: String { "\(format) to \(output): \(refusal ?? "") \(faults) \(warnings)" }
}

/// A farm that upscales films of all formats, and those who judge them.
struct FormatRun: Sendable {
    let farm: FarmUnderTest
    var folder: String { farm.folder.path("films") }

    /// One worker for all: what a film costs is then hardly more than its pictures.
    static func open() async throws -> FormatRun {
        let run = FormatRun(farm: try FarmUnderTest(host: nil))
        try await run.farm.serve(["--root", run.folder], roots: ["films"])
        try await run.farm.work("box")
        try await SourceFormat.makeParts(in: run.folder)
        return run
    }

    /// Makes the film and upscales it to each of `outputs`; nothing where no tool makes such a film.
    func results(of format: SourceFormat, as outputs: [String]) async throws -> [FormatResult] {
        guard let path = try await format.make(in: folder) else { return [] }
        var results: [FormatResult] = []
        for output in outputs { results.append(try await result(of: format, at: path, as: output)) }
        let joined = results.filter { ["mkv", "mp4"].contains($0.output) && $0.refusal == nil }
        if joined.count == 2, joined[0].payloads != joined[1].payloads {
            results[0].faults.append("MKV and MP4 hold other payloads")
        }
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasPrefix(format.fileName) {
            try FileManager.default.removeItem(atPath: folder + "/" + name)
        }
        return results
    }

    /// Upscales the film at `path`, and has it judged by ffprobe, ffmpeg, mkvmerge, mediainfo and `coordinator verify`.
    private func result(of format: SourceFormat, at path: String, as output: String) async throws -> FormatResult {
        var result = FormatResult(format: format, output: output)
        let film = folder + "/" + format.fileName + ".out." + output
        let id = try await farm.submit(path, ["--on-coordinator", "-o", film] + Self.settings(output))
        let detail = try await ended(id)
        result.warnings = (detail["warnings"] as? [String] ?? []).map { $0.replacing(path, with: "the film") }
        let job = detail["job"] as? [String: Any] ?? [:]
        guard job["state"] as? String == "done" else {
            result.refusal = (job["reasons"] as? [String] ?? ["\(job)"]).joined(separator: "; ")
            return result
        }
        result.faults = try await FormatJudge(source: path, film: film, format: format, warnings: result.warnings)
            .faults()
        return result
    }

    private static func payloads(_ film: String) async throws -> [String] {
        let output = try await run(
            "ffmpeg",
            [
                "-nostdin", "-v", "error", "-i", film, "-map", "0:V", "-map", "0:a?", "-c", "copy", "-f", "streamhash",
                "-",
            ])
        return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private static func settings(_ output: String) -> [String] {
        let codec = output == "webm" ? ["--codec", "av1", "--preset", "12"] : ["--preset", "ultrafast"]
        return ["--model", "nearest", "--scale", "2", "--tile", "0", "--batch", "4", "--precision", "fp32"] + codec
            + ["--segment-frames", "11"]
    }

    /// What `show` tells of the job once it has ended.
    private func ended(_ id: String) async throws -> [String: Any] {
        for _ in 0..<3000 {
            let detail = try await farm.json(["show", id]) as? [String: Any] ?? [:]
            let job = detail["job"] as? [String: Any] ?? [:]
            if ["done", "failed", "cancelled"].contains(job["state"] as? String) { return detail }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw CancellationError()
    }
}
