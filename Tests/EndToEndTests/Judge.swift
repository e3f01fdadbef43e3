import Foundation
import TestSupport

/// What independent tools see in a film.
enum Judge {
    /// What `ffmpeg -v warning` says while it decodes all pictures and sounds of the film; empty is right. (It has no encoder for text
    /// where text goes nowhere, and says of every cover in MP4 that its timescale is not set.)
    static func complaints(_ film: String) async throws -> String {
        let folder = try TemporaryFolder()
        let log = folder.path("log")
        try await run(
            "sh",
            [
                "-c",
                "ffmpeg -nostdin -v warning -i \"$1\" -map 0:V -map '0:a?' -fps_mode passthrough -enc_time_base -1 -f null - 2>\"$2\"",
                "sh", film, log,
            ])
        return try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
            .filter { !$0.hasSuffix("timescale not set") }.joined(separator: "\n")
    }

    /// The pictures that ffmpeg decodes of a film, and what it says of errors meanwhile; of its other streams, which it looks at too, nothing.
    static func decodedFrames(_ film: String) async throws -> (count: Int, complaints: String) {
        let folder = try TemporaryFolder()
        let log = folder.path("log")
        let command =
            "ffprobe -v error -count_frames -select_streams v:0 -show_entries stream=nb_read_frames -of csv=p=0 "
            + "\"$1\" 2>\"$2\""
        let output = String(decoding: try await run("sh", ["-c", command, "sh", film, log]), as: UTF8.self)
        let count = output.split { !$0.isNumber }.first.flatMap { Int($0) } ?? 0
        let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
        return (count, lines.filter { $0.contains(/^\[(h264|ffv1|matroska|mov)/) }.joined(separator: "\n"))
    }

    /// What `coordinator verify` has against a film, its pictures looked at too; empty is right.
    static func faults(_ film: String, of source: String) async throws -> String {
        let ended = try await coordinator(["verify", film, "--source", source, "--decode"])
        return ended.status == 0 ? "" : ended.output + ended.error
    }

    /// Fields of the packets of a stream, as ffprobe prints them.
    static func packets(_ film: String, _ stream: String, _ field: String) async throws -> [String] {
        let output = try await run(
            "ffprobe",
            ["-v", "error", "-select_streams", stream, "-show_entries", "packet=\(field)", "-of", "csv=p=0", film])
        return String(decoding: output, as: UTF8.self).split(separator: "\n").map {
            $0.trimmingCharacters(in: CharacterSet(charactersIn: ",\r "))
        }
    }

    /// Presentation times of the video's packets in seconds, ascending.
    static func times(_ film: String) async throws -> [Double] {
        try await packets(film, "v:0", "pts_time").compactMap(Double.init).sorted()
    }

    /// A hash over the payloads of a stream's packets.
    static func payload(_ film: String, _ stream: String) async throws -> String {
        let output = try await run(
            "ffmpeg",
            ["-nostdin", "-v", "error", "-i", film, "-map", "0:\(stream)", "-c", "copy", "-f", "streamhash", "-"])
        return String(decoding: output, as: UTF8.self).split(separator: "=").last.map(String.init) ?? ""
    }

    /// A field of a stream, as ffprobe prints it.
    static func stream(_ film: String, _ stream: String, _ field: String) async throws -> String {
        let output = try await run(
            "ffprobe",
            ["-v", "error", "-select_streams", stream, "-show_entries", "stream=\(field)", "-of", "csv=p=0", film])
        // A transport stream's streams are listed twice: in their program, too.
        return String(decoding: output, as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    }

    /// Each decoded frame's luma reduced to 16x12 samples, in presentation order: enough to tell which frame it is.
    static func thumbnails(_ film: String) async throws -> [[UInt8]] {
        let output = try await run(
            "ffmpeg",
            [
                "-nostdin", "-v", "error", "-i", film, "-map", "0:v:0", "-fps_mode", "passthrough", "-vf",
                "scale=16:12:flags=area,format=gray", "-f", "rawvideo", "-",
            ])
        return stride(from: 0, to: output.count, by: 192).map { Array(output[$0..<min($0 + 192, output.count)]) }
    }

    /// Frames whose nearest frame of the other film is not the one of the same number.
    static func misplaced(_ film: [[UInt8]], from source: [[UInt8]]) -> [Int] {
        film.indices.filter { index in
            guard source.indices.contains(index) else { return true }
            let own = distance(film[index], source[index])
            return (max(0, index - 3)...min(source.count - 1, index + 3)).contains {
                $0 != index && distance(film[index], source[$0]) < own
            }
        }
    }

    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        zip(a, b).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    }
}
