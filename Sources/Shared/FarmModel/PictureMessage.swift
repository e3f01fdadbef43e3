public import Foundation

/// What a picture of a film carries beside its samples, and what its enlargement must carry too.
public enum PictureMessage: Codable, Hashable, Sendable {
    /// Closed captions (ATSC A/53 part 4): `cc_data` in triplets of bytes.
    case captions(Data)
    /// HDR10+ (SMPTE ST 2094-40): a whole user data message registered by ITU-T T.35, country code included.
    case dynamicHDR(Data)
}

/// What the whole film says of its brightness: SMPTE ST 2086 and CTA-861.3.
public struct StaticHDR: Codable, Hashable, Sendable {
    /// Chromaticities in 1/50,000, luminances in 1/10,000 cd/m².
    public struct MasteringDisplay: Codable, Hashable, Sendable {
        public struct Point: Codable, Hashable, Sendable {
            public var x: Int
            public var y: Int
            public init(_ x: Int, _ y: Int) { (self.x, self.y) = (x, y) }
        }

        public var red: Point
        public var green: Point
        public var blue: Point
        public var white: Point
        public var leastLuminance: Int
        public var mostLuminance: Int

        public init(red: Point, green: Point, blue: Point, white: Point, leastLuminance: Int, mostLuminance: Int) {
            (self.red, self.green, self.blue, self.white) = (red, green, blue, white)
            (self.leastLuminance, self.mostLuminance) = (leastLuminance, mostLuminance)
        }
    }

    /// In cd/m²: of the brightest sample, and of the brightest frame's mean.
    public struct ContentLight: Codable, Hashable, Sendable {
        public var most: Int
        public var frameAverage: Int
        public init(most: Int, frameAverage: Int) { (self.most, self.frameAverage) = (most, frameAverage) }
    }

    public var display: MasteringDisplay?
    public var light: ContentLight?

    public init(display: MasteringDisplay? = nil, light: ContentLight? = nil) {
        self.display = display
        self.light = light
    }

    public var isEmpty: Bool { display == nil && light == nil }
}
