internal import Crypto
public import FarmModel
internal import Foundation

/// What a delivered segment holds.
public struct SegmentSummary: Hashable, Sendable {
    public var packets: Int
    /// Of payloads.
    public var bytes: Int64
    /// SHA-256, in hexadecimal, of the out-of-band headers: equal for all segments of a job, or they cannot be joined.
    public var parameterSetsSHA256: String
}

/// Looks at an encoded segment's packets without decoding them. The file came over a network: whatever it holds, this
/// throws or passes, and never crashes.
public enum SegmentCheck {
    /// - Parameters:
    ///   - timestamps: of the frames that the segment promises, ascending, in the job's time base.
    /// - Throws: `MediaError` that says what is not as promised. Blocks on the disk.
    @discardableResult
    public static func check(path: String, timestamps: [Int64], encoding: EncodingSettings) throws -> SegmentSummary {
        let reader = try PacketFileReader(path: path)
        try checkStream(reader.stream, encoding)
        var summary = SegmentSummary(
            packets: 0, bytes: 0,
            parameterSetsSHA256: hexadecimal(SHA256.hash(data: reader.stream.parameters.extradata)))
        var seen: [Int64] = []
        seen.reserveCapacity(timestamps.count)
        while let packet = try reader.next() {
            guard let pts = packet.pts else { throw wrong("packet \(summary.packets) has no timestamp") }
            if summary.packets == 0, !packet.flags.contains(.key) { throw wrong("it does not begin with a keyframe") }
            guard summary.packets < timestamps.count else { throw wrong("it has more than \(timestamps.count) frames") }
            seen.append(pts)
            summary.packets += 1
            summary.bytes += Int64(packet.payload.count)
        }
        guard summary.packets == timestamps.count else {
            throw wrong("it has \(summary.packets) frames, and \(timestamps.count) were promised")
        }
        guard seen.sorted() == timestamps else { throw wrong("its timestamps are not those promised") }
        return summary
    }

    private static func checkStream(_ stream: VideoStream, _ encoding: EncodingSettings) throws {
        let parameters = stream.parameters
        let (codec, picture) = (encoding.codec.rawValue, encoding.picture)
        guard parameters.codec == codec, parameters.width == picture.width, parameters.height == picture.height else {
            throw wrong(
                "it is \(parameters.codec) of \(parameters.width)x\(parameters.height), not \(codec) of "
                    + "\(picture.width)x\(picture.height)")
        }
        guard stream.timeBase == encoding.timeBase else {
            throw wrong("it counts in \(stream.timeBase) s, not \(encoding.timeBase)")
        }
    }

    private static func wrong(_ what: String) -> MediaError {
        MediaError(.codec, "the encoded segment is not as promised: \(what)")
    }
}

func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}
