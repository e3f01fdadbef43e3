internal import CCompare
internal import FarmModel
internal import Media

/// A picture's luma, 0 to 255 in floating point: what all figures are computed of.
final class LumaPicture {
    let pointer: OpaquePointer

    /// An empty picture.
    init() throws {
        guard let pointer = cc_picture_new() else { throw MediaError(.codec, "out of memory for a picture") }
        self.pointer = pointer
    }

    deinit { cc_picture_free(pointer) }

    /// Copies `picture`, in place of what was there.
    func load(_ picture: any PlanarPicture, scale: LumaScale) throws {
        var samples = cc_samples()
        (samples.width, samples.height) = (Int32(picture.format.width), Int32(picture.format.height))
        samples.bytes_per_sample = Int32(picture.format.layout.bytesPerSample)
        samples.offset = scale.offset
        samples.weights = scale.weights
        samples.planes.0 = picture.plane(0)
        samples.strides.0 = picture.stride(0)
        if scale.isOfThreePlanes {
            (samples.planes.1, samples.planes.2) = (picture.plane(1), picture.plane(2))
            (samples.strides.1, samples.strides.2) = (picture.stride(1), picture.stride(2))
        }
        try CompareCall.check("taking a picture's luma") { cc_picture_load(pointer, &samples, $0, $1) }
    }

    /// The variance of the Laplacian (4 neighbours): Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, 2000.
    func sharpness() throws -> Double {
        var variance = 0.0
        try CompareCall.check("measuring sharpness") { cc_sharpness(pointer, &variance, $0, $1) }
        return variance
    }

    /// How like `other`, of the same size, it is.
    func similarity(to other: LumaPicture) throws -> Similarity {
        var similarity = Similarity(squaredError: 0, ssim: 0)
        try CompareCall.check("comparing two pictures") {
            cc_similarity(pointer, other.pointer, &similarity.squaredError, &similarity.ssim, $0, $1)
        }
        return similarity
    }

    struct Similarity {
        /// The mean squared difference.
        var squaredError: Double
        /// −1 to 1.
        var ssim: Double
    }

    /// The picture made small, line by line, 0 to 255.
    func thumbnail(width: Int, height: Int) throws -> [Float] {
        var values = [Float](repeating: 0, count: width * height)
        try values.withUnsafeMutableBufferPointer { buffer in
            try CompareCall.check("making a picture smaller") {
                cc_thumbnail(pointer, Int32(width), Int32(height), buffer.baseAddress, $0, $1)
            }
        }
        return values
    }
}
