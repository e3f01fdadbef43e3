internal import CLibAV

extension VideoDecoder {
    /// What went wrong without stopping the decoder.
    public struct Damage: Hashable, Sendable {
        /// Packets that could not be decoded, or not without an error in libav's log.
        public var packets = 0
        /// Pictures whose samples were partly made up.
        public var pictures = 0
        /// Timestamp of the first, in the stream's time base.
        public var first: Int64?
        /// libav's own words for the last.
        public var message: String?

        public var isEmpty: Bool { packets == 0 && pictures == 0 }
    }
}

extension VideoDecoder {
    /// Counts what an answer of libavcodec, and what it logged meanwhile, say about damage.
    func note(_ answer: Int32, at time: Int64?) throws {
        let logged = sink.take()
        if let refusal = sink.takeRefusal() {
            throw MediaError(.codec, "decoding \(stream.parameters.codec) on \(deviceName): \(refusal)")
        }
        if answer == av_shim_error_no_memory {
            throw MediaError(.codec, "decoding \(stream.parameters.codec)", code: answer)
        }
        let failed = answer < 0 && answer != av_shim_error_again && answer != av_shim_error_eof
        guard failed || (logged != nil && isExpectedWhole(time)) else { return }
        damage.packets += 1
        damage.first = damage.first ?? time
        damage.message = logged ?? libavText(answer)
    }

    /// Errors in what is shown before the first entry are nobody's fault: references are missing.
    private func isExpectedWhole(_ time: Int64?) -> Bool {
        guard let firstEntry else { return false }
        return (time ?? .max) >= firstEntry
    }
}
