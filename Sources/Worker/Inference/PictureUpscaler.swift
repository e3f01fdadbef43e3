public import FarmModel

/// Makes bigger pictures of pictures, some at a time. Used by one thread at a time.
public protocol PictureUpscaler: AnyObject {
    typealias Numbered = (number: Int, picture: PictureBuffer)

    /// What it gives.
    var output: PictureFormat { get }
    /// The most pictures that one call takes; the device is used best with so many.
    var batch: Int { get }
    /// Takes 1 to `batch` pictures; `numbers` are their frame numbers in the film, above all before.
    /// - Returns: those that are finished, in order: one that needs neighbours waits for them.
    /// - Throws: `InferenceError`; `.badOutput` names the frame.
    func take(_ pictures: [any PlanarPicture], numbers: [Int]) throws -> [Numbered]
    /// Gives the rest as it comes, after a segment's last picture.
    func finish(_ give: ([Numbered]) throws -> Void) throws
}

extension PictureUpscaler {
    /// The rest at once.
    public func finish() throws -> [Numbered] {
        var rest: [Numbered] = []
        try finish { rest += $0 }
        return rest
    }
}
