/// What decodes films on a worker.
public enum DecodingUnit: String, CaseIterable, Sendable {
    /// libavcodec's own decoders, which name every picture that they made up.
    case cpu
    /// A CUDA device's unit, where it gives the same bits.
    case nvdec
}
