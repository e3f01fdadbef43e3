public import FarmModel
internal import Foundation
internal import Hashing

/// What a delivered segment holds.
public struct SegmentSummary: Hashable, Sendable {
    public var packets: Int
    /// Of payloads.
    public var bytes: Int64
    /// SHA-256, in hexadecimal, of the out-of-band headers: equal for all segments of a job, or they cannot be joined.
    public var parameterSetsSHA256: String
}

/// Looks at an encoded segment's packets without decoding them. The file came over a network: whatever it holds, this
/// passes or throws, and never crashes.
public enum SegmentCheck {
    /// - Parameters:
    ///   - timestamps: of the frames that the segment promises (those of its range less the missing), ascending, in the
    ///     job's time base.
    ///   - keyframes: those of them at which the encoder was to begin anew.
    /// - Throws: `MediaError` that says what is not as promised. Blocks on the disk.
    @discardableResult
    public static func check(path: String, timestamps: [Int64], keyframes: [Int64] = [], encoding: EncodingSettings)
        throws -> SegmentSummary
    {
        let reader = try PacketFileReader(path: path)
        try check(reader.stream, encoding)
        var summary = SegmentSummary(
            packets: 0, bytes: 0, parameterSetsSHA256: parameterSetsSHA256(of: reader.stream))
        var seen: [Int64] = []
        var keys: Set<Int64> = []
        while let packet = try reader.next() {
            try check(packet, number: summary.packets, of: timestamps.count)
            if let pts = packet.pts {
                seen.append(pts)
                if packet.flags.contains(.key) { keys.insert(pts) }
            }
            summary.packets += 1
            summary.bytes += Int64(packet.payload.count)
        }
        guard summary.packets == timestamps.count else {
            throw wrong("it has \(summary.packets) frames, and \(timestamps.count) were promised")
        }
        if let other = zip(seen.sorted(), timestamps).first(where: { $0 != $1 }) {
            throw wrong("it has a frame at \(other.0), and one at \(other.1) was promised")
        }
        if let lacking = keyframes.first(where: { !keys.contains($0) }) {
            throw wrong("it has no keyframe at \(lacking), where one was promised")
        }
        return summary
    }

    /// SHA-256, in hexadecimal, of the headers that all segments of a job share.
    public static func parameterSetsSHA256(of stream: VideoStream) -> String {
        SHA256.hash(stream.parameters.extradata).hexadecimal
    }

    private static func check(_ stream: VideoStream, _ encoding: EncodingSettings) throws {
        let parameters = stream.parameters
        let (codec, picture) = (encoding.codec.rawValue, encoding.picture)
        guard parameters.codec == codec, parameters.width == picture.width, parameters.height == picture.height else {
            throw wrong(
                "it is \(parameters.codec) of \(parameters.width)x\(parameters.height), not \(codec) of "
                    + "\(picture.width)x\(picture.height)")
        }
        guard parameters.pixelFormat == picture.layout.libavName else {
            throw wrong(
                "its pixels are \(parameters.pixelFormat ?? "unknown"), not \(picture.layout.libavName ?? "unknown")")
        }
        guard stream.timeBase == encoding.timeBase else {
            throw wrong("it counts in \(stream.timeBase) s, not \(encoding.timeBase) s")
        }
        guard !parameters.extradata.isEmpty else { throw wrong("it has no parameter sets") }
    }

    private static func check(_ packet: VideoPacket, number: Int, of promised: Int) throws {
        guard packet.pts != nil else { throw wrong("packet \(number) has no timestamp") }
        guard !packet.payload.isEmpty else { throw wrong("packet \(number) is empty") }
        guard packet.sideData.isEmpty else {
            throw wrong("packet \(number) has side data, which no encoder of ours gives")
        }
        guard number < promised else { throw wrong("it has more than the \(promised) frames promised") }
        if number == 0, !packet.flags.contains(.key) { throw wrong("it does not begin with a keyframe") }
    }

    private static func wrong(_ what: String) -> MediaError {
        MediaError(.codec, "the encoded segment is not as promised: \(what)")
    }
}
