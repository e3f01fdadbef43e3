internal import CCompare
internal import Media

/// Where one picture's pixels are in the next.
final class Motion {
    private let pointer: OpaquePointer

    init() throws {
        guard let pointer = cc_motion_new() else { throw MediaError(.codec, "out of memory for motion") }
        self.pointer = pointer
    }

    deinit { cc_motion_free(pointer) }

    /// - Returns: the share of pixels that are to be seen in both, 0 to 1.
    func estimate(from picture: LumaPicture, to next: LumaPicture) throws -> Double {
        var seen = 0.0
        try CompareCall.check("estimating motion") {
            cc_motion_estimate(pointer, picture.pointer, next.pointer, &seen, $0, $1)
        }
        return seen
    }

    /// E_warp of Lai et al., Learning Blind Video Temporal Consistency, 2018, of luma: the mean squared difference (of values from 0 to 1)
    /// between `picture` and `next` brought back, over the pixels that are to be seen in both, of which there must be some.
    func warpingError(from picture: LumaPicture, to next: LumaPicture) throws -> Double {
        var squaredError = 0.0
        try CompareCall.check("measuring the warping error") {
            cc_motion_error(pointer, picture.pointer, next.pointer, &squaredError, $0, $1)
        }
        return squaredError / (255 * 255)
    }
}
