/// What the sample values of a picture mean, in the code points of ITU-T H.273.
public struct ColorDescription: Codable, Hashable, Sendable {
    /// MatrixCoefficients: 0 RGB, 1 BT.709, 2 unspecified, 5/6 BT.601, 9 BT.2020 non-constant.
    public var matrix: Int
    /// ColourPrimaries: 1 BT.709, 2 unspecified, 5/6 BT.601, 9 BT.2020.
    public var primaries: Int
    /// TransferCharacteristics: 1 BT.709, 2 unspecified, 16 PQ, 18 HLG.
    public var transfer: Int
    public var isFullRange: Bool
    public var chromaLocation: ChromaLocation

    public init(
        matrix: Int = 2, primaries: Int = 2, transfer: Int = 2, isFullRange: Bool = false,
        chromaLocation: ChromaLocation = .unspecified
    ) {
        self.matrix = matrix
        self.primaries = primaries
        self.transfer = transfer
        self.isFullRange = isFullRange
        self.chromaLocation = chromaLocation
    }

    /// The matrix to compute with: where none is given, BT.709 for pictures of HD height and BT.601 below,
    /// the convention that players follow.
    public func effectiveMatrix(height: Int) -> Int {
        matrix == 2 ? (height >= 720 ? 1 : 6) : matrix
    }
}

/// Where a chroma sample lies between the luma samples (the numbers are libavutil's AVChromaLocation).
public enum ChromaLocation: Int, Codable, Hashable, Sendable {
    case unspecified = 0
    /// MPEG-2, H.264, HEVC default: between two lines, on the left column.
    case left = 1
    /// MPEG-1, JPEG: in the middle of four luma samples.
    case center = 2
    case topLeft = 3
    case top = 4
    case bottomLeft = 5
    case bottom = 6
}
