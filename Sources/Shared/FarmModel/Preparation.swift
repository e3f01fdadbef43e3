/// What is done to decoded pictures before the network sees them; decided once, when the job is made.
public struct Preparation: Codable, Hashable, Sendable {
    /// nil: pictures are taken as they are.
    public var deinterlacing: Deinterlacing?
    /// nil: upright already, or the output says how to turn the picture.
    public var orientation: Orientation?

    public init(deinterlacing: Deinterlacing? = nil, orientation: Orientation? = nil) {
        self.deinterlacing = deinterlacing
        self.orientation = orientation
    }

    public static let none = Preparation()

    /// Frames on either side that a prepared picture depends on.
    public var reach: Int { deinterlacing == nil ? 0 : 1 }
}

/// Which pictures are deinterlaced, and which of their fields came first.
public enum Deinterlacing: String, Codable, Hashable, Sendable, CaseIterable {
    /// Those that the stream flags, in the order that their flags say.
    case flagged
    /// All, whatever their flags say.
    case topFirst, bottomFirst
}

/// How stored pictures must be turned to be seen upright.
public enum Orientation: String, Codable, Hashable, Sendable, CaseIterable {
    case clockwise, halfTurn, counterclockwise
    case mirrored, flipped
    /// Mirrored along the diagonal from the top left, and along the other one.
    case transposed, antitransposed

    /// Whether width becomes height.
    public var swapsSides: Bool {
        switch self {
        case .clockwise, .counterclockwise, .transposed, .antitransposed: true
        case .halfTurn, .mirrored, .flipped: false
        }
    }
}

extension PictureFormat {
    /// What pictures of this format are once `preparation` is done. Turned by a quarter, chroma that is subsampled along one
    /// axis only is brought to full size: encoders do not take it along the other.
    public func prepared(by preparation: Preparation) -> PictureFormat {
        guard preparation.orientation?.swapsSides == true else { return self }
        var turned = self
        (turned.width, turned.height) = (height, width)
        if layout.chromaShiftX != layout.chromaShiftY {
            (turned.layout.chromaShiftX, turned.layout.chromaShiftY) = (0, 0)
        }
        return turned
    }
}
