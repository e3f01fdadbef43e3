extension ColorDescription {
    /// The matrices that the conversions know; 2 is taken by the picture's height.
    private static let known: [Int: String] = [
        0: "RGB", 1: "BT.709", 2: "unspecified", 4: "FCC", 5: "BT.601", 6: "BT.601", 7: "SMPTE 240M", 9: "BT.2020",
    ]

    /// Those that are no weighted sum of R'G'B', or whose sum depends on the primaries.
    private static let unknown: [Int: String] = [
        8: "YCgCo", 10: "BT.2020 with constant luminance", 11: "SMPTE ST 2085", 12: "derived from the primaries",
        13: "derived from the primaries, with constant luminance", 14: "ICtCp",
    ]

    /// Whether pictures of this matrix can be upscaled.
    public var hasKnownMatrix: Bool { Self.known[matrix] != nil }

    /// What ITU-T H.273 calls matrix coefficients `matrix`, in short.
    public static func matrixName(_ matrix: Int) -> String {
        known[matrix] ?? unknown[matrix] ?? "code point \(matrix)"
    }
}
