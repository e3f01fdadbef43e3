public import FarmModel
internal import Foundation
internal import Hashing

/// A decoded frame as a judge sees it.
public struct FrameHash: Hashable, Sendable, CustomStringConvertible {
    /// In the source's time base.
    public var timestamp: Int64?
    /// SHA-256 of the planes, packed tightly one after the other.
    public var hash: String

    public init(timestamp: Int64?, hash: String) {
        self.timestamp = timestamp
        self.hash = hash
    }

    public var description: String { "\(timestamp.map { "\($0)" } ?? "?"):\(hash.prefix(6))" }
}

/// What the ffmpeg command line decodes from the film: every frame in presentation order with the source's timestamps;
/// converted to `pixelFormat`, or through `filter`, where one is given. `inputOptions` stand before the film's name.
public func referenceFrames(
    _ path: String, pixelFormat: String? = nil, filter: String? = nil, inputOptions: [String] = []
) async throws -> [FrameHash] {
    let output = try await run(
        "ffmpeg",
        [
            "-nostdin", "-v", "error", "-copyts", "-noautorotate", "-flags", "-output_corrupt",
        ] + inputOptions + [
            "-i", path, "-map",
            "0:v:0",
            "-fps_mode", "passthrough", "-enc_time_base", "-1",
        ] + (filter.map { ["-vf", $0] } ?? [])
            + (pixelFormat.map { ["-pix_fmt", $0, "-sws_flags", "neighbor+accurate_rnd+bitexact"] } ?? [])
            + ["-f", "framehash", "-hash", "sha256", "-"])
    return String(decoding: output, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
        let fields = line.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        return FrameHash(timestamp: Int64(fields[2]), hash: fields[5])
    }
}

/// The hash of `picture` that `referenceFrames` gives for the same samples.
public func frameHash(_ picture: some PlanarPicture) -> String {
    var hash = SHA256()
    for index in 0..<picture.format.layout.planeCount {
        let size = picture.format.planeSize(index)
        for line in 0..<size.height {
            let start = picture.plane(index) + line * picture.stride(index)
            hash.update(
                UnsafeRawBufferPointer(
                    start: start, count: size.width * picture.format.layout.bytesPerSample))
        }
    }
    return hash.finalize().hexadecimal
}
