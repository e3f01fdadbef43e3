/// Decodes an encoded segment, as its worker does before anyone hears of it.
public enum EncodedSegmentVerifier {
    /// - Parameters:
    ///   - timestamps: of the frames that must come out, ascending.
    ///   - threads: of the decoder, a picture each; 0 takes one a core.
    /// - Throws: `MediaError` where other frames come out, or the decoder complains. Blocks.
    public static func verify(path: String, timestamps: [Int64], threads: Int = 1) throws {
        let reader = try PacketFileReader(path: path)
        let decoder = try VideoDecoder(stream: reader.stream, threads: threads, splitsPictures: threads == 1)
        var expected = timestamps[...]
        while let packet = try reader.next() { try take(decoder.decode(packet), from: &expected) }
        try take(decoder.finish(), from: &expected)
        guard decoder.damage.isEmpty else {
            throw wrong("does not decode cleanly: \(decoder.damage.message ?? "damaged")")
        }
        if let next = expected.first {
            throw wrong("decodes to \(expected.count) frames too few; the first that is lacking is at \(next)")
        }
    }

    private static func take(_ frames: [VideoFrame], from expected: inout ArraySlice<Int64>) throws {
        for frame in frames {
            let next = expected.popFirst()
            guard let next, frame.timestamp == next else {
                let (given, wanted) = (
                    frame.timestamp.map { "\($0)" } ?? "an unknown time", next.map { "\($0)" } ?? "the end"
                )
                throw wrong("decodes to a frame at \(given) in place of \(wanted)")
            }
        }
    }

    private static func wrong(_ what: String) -> MediaError { MediaError(.codec, "the encoded segment \(what)") }
}
