internal import CLibAV
internal import Foundation

/// Uncompressed sound in runs of equal length: containers hold it in portions of their own, QuickTime in others than MXF or AVI.
struct SampleRuns {
    private static let length = 4096

    private(set) var runs: [FilmContents.Packet] = []
    /// Bytes of one sample of all channels.
    private let frame: Int
    private let rate: Double
    private var rest = Data()
    /// Seconds: of the first sample in `rest`.
    private var start = Double.nan

    /// nil for a stream that is none.
    init?(_ parameters: AVCodecParameters) {
        guard let shape = Self.shape(of: parameters) else { return nil }
        (frame, rate) = shape
    }

    /// Bytes of one sample of all channels, and samples a second; nil of sound that is compressed.
    static func shape(of parameters: AVCodecParameters) -> (frame: Int, rate: Double)? {
        let bits = Int(av_get_exact_bits_per_sample(parameters.codec_id)) * Int(parameters.ch_layout.nb_channels)
        let isPlain = (AV_CODEC_ID_PCM_S16LE.rawValue..<AV_CODEC_ID_ADPCM_IMA_QT.rawValue).contains(
            parameters.codec_id.rawValue)
        guard isPlain, bits > 0, bits % 8 == 0, parameters.sample_rate > 0 else { return nil }
        return (bits / 8, Double(parameters.sample_rate))
    }

    /// - Parameter time: seconds; of the packet's first sample.
    mutating func note(_ packet: DemuxedPacket, at time: Double) {
        let before = rest.count
        if rest.isEmpty { start = time }
        packet.withPayload { rest.append(contentsOf: $0) }
        var from = 0
        while rest.count - from >= Self.length * frame {
            add(rest.dropFirst(from).prefix(Self.length * frame))
            from += Self.length * frame
            start = time + Double((from - before) / frame) / rate
        }
        rest = Data(rest.dropFirst(from))
    }

    mutating func finish() {
        if !rest.isEmpty { add(rest) }
        rest = Data()
    }

    private mutating func add(_ run: Data) {
        if let print = PayloadForm.print(run) { runs.append(.init(print: print, time: start)) }
    }
}
