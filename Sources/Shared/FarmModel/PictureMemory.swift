/// Where the samples of a picture lie, and how, beyond what its format says.
public enum PictureMemory: Hashable, Sendable {
    /// In plain planes, for the host to read.
    case host
    /// In a device's memory, as hardware decoders leave them.
    /// - Parameters:
    ///   - chromaStep: samples from one of a chroma plane to the next: 2 where Cb and Cr alternate (NV12, P010), and the plane of
    ///     Cr begins one sample behind that of Cb.
    ///   - shift: bits below the value in its word: 6 in P010.
    case device(chromaStep: Int, shift: Int)
}
