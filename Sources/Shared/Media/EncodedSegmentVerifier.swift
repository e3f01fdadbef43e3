/// Decodes an encoded segment, as its worker does before anyone hears of it.
public enum EncodedSegmentVerifier {
    /// - Parameter timestamps: of the frames that must come out, ascending.
    /// - Throws: `MediaError` where other frames come out, or the decoder complains.
    public static func verify(path: String, timestamps: [Int64]) throws {
        let reader = try PacketFileReader(path: path)
        guard !timestamps.isEmpty else {
            if try reader.next() != nil { throw MediaError(.codec, "an encoded segment of no frames has packets") }
            return
        }
        let decoder = try VideoDecoder(stream: reader.stream, threads: 1)
        var expected = timestamps[...]
        func take(_ frames: [VideoFrame]) throws {
            for frame in frames {
                guard let next = expected.popFirst(), frame.timestamp == next else {
                    throw MediaError(
                        .codec,
                        "what was encoded decodes to a frame at \(frame.timestamp.map(String.init) ?? "no time") that is not the next one"
                    )
                }
            }
        }
        while let packet = try reader.next() { try take(try decoder.decode(packet)) }
        try take(try decoder.finish())
        guard expected.isEmpty else {
            throw MediaError(.codec, "what was encoded decodes to \(expected.count) frames too few")
        }
        guard decoder.damage.isEmpty else {
            throw MediaError(.codec, "what was encoded does not decode cleanly: \(decoder.damage.message ?? "damaged")")
        }
    }
}
