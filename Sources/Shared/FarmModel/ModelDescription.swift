/// What a model file says about itself. It travels as `model.json` inside the TorchScript archive, so that a
/// file that someone gives with `--model` needs nothing beside it. The contract is in docs/models.md.
public struct ModelDescription: Codable, Hashable, Sendable {
    public var name: String
    /// Output pixels per input pixel along each axis.
    public var scale: Int
    /// How far, in input pixels, an output pixel looks: the least halo of a tile.
    public var receptiveRadius: Int
    /// How many frames the network sees; odd, 1 for frame-wise networks.
    public var window: Int
    /// The RGB range of input and output, usually [0, 1].
    public var valueRange: [Double]
    /// SPDX identifier or a short phrase.
    public var licence: String
    /// Where the weights come from.
    public var source: String
    /// SHA-256 of the source weights, in hexadecimal.
    public var sourceSHA256: String

    public init(
        name: String, scale: Int, receptiveRadius: Int, window: Int = 1, valueRange: [Double] = [0, 1],
        licence: String, source: String, sourceSHA256: String
    ) {
        self.name = name
        self.scale = scale
        self.receptiveRadius = receptiveRadius
        self.window = window
        self.valueRange = valueRange
        self.licence = licence
        self.source = source
        self.sourceSHA256 = sourceSHA256
    }

    enum CodingKeys: String, CodingKey {
        case name, scale, window, licence, source
        case receptiveRadius = "receptive_radius"
        case valueRange = "value_range"
        case sourceSHA256 = "source_sha256"
    }
}

/// A model as a job pins it: its description, and the bytes it was when the job was made.
public struct ModelReference: Codable, Hashable, Sendable {
    public var description: ModelDescription
    /// SHA-256 of the model file in hexadecimal; nil for the built-in `nearest`.
    public var sha256: String?
    /// Where the file lies on the machine that made the job; a hint, never trusted over the hash.
    public var path: String?

    public init(description: ModelDescription, sha256: String?, path: String?) {
        self.description = description
        self.sha256 = sha256
        self.path = path
    }
}
