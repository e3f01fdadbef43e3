internal import Foundation

/// How two films compare. Arrays have an entry a frame.
public struct FilmComparison: Codable, Hashable, Sendable {
    public var frames: Int
    public var a: Film
    public var b: Film
    /// The path of the film that both were made from, where it was given.
    public var reference: String?
    /// What PSNR and SSIM are against, and where motion and cuts are taken from.
    public var guide: Guide
    /// A's figure over b's, of the whole films; nil where b's is 0.
    public var ratios: Ratios
    /// First frames of scenes, but for the film's own: the motion to them is no motion, and counts nowhere.
    public var cuts: [Int]
    public var borders: Borders
    /// nil: there are no borders.
    public var seam: Seam?
    /// A's, in seconds from its first frame; nil where it does not tell.
    public var times: [Double]?
    /// What makes the figures doubtful, a line each.
    public var warnings: [String]

    public enum Guide: String, Codable, Hashable, Sendable { case reference, b }

    /// What was measured of one of the films.
    public struct Film: Codable, Hashable, Sendable {
        public var path: String
        /// The mean over the frames of the variance of luma's Laplacian, luma being 0 to 255.
        public var sharpness: Double
        /// E_warp, the mean over the pairs of neighbouring frames that no cut parts; nil where there are none.
        public var warpingError: Double?
        /// Of b only where there is a reference.
        public var likeness: Likeness?
        public var perFrame: PerFrame
    }

    /// How like the guide a film is.
    public struct Likeness: Codable, Hashable, Sendable {
        /// dB, of the mean squared error over all frames; nil (null in JSON) where nothing differs.
        public var psnr: Double?
        /// The mean over the frames.
        public var ssim: Double
    }

    public struct PerFrame: Codable, Hashable, Sendable {
        public var sharpness: [Double]
        /// Of each frame and the one before it; null for the first frame and for those of `cuts`.
        public var warpingError: [Double?]
        /// null where nothing differs.
        public var psnr: [Double?]?
        public var ssim: [Double]?
    }

    public struct Ratios: Codable, Hashable, Sendable {
        public var sharpness: Double?
        public var warpingError: Double?
    }
}

extension FilmComparison.Likeness {
    private enum CodingKeys: CodingKey { case psnr, ssim }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(psnr, forKey: .psnr)  // null is an answer
        try container.encode(ssim, forKey: .ssim)
    }

    /// Peak signal-to-noise ratio in dB, where 255 is the peak; nil where there is no error.
    static func psnr(_ squaredError: Double) -> Double? {
        squaredError > 0 ? 10 * log10(255 * 255 / squaredError) : nil
    }
}
