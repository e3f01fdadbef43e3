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
    /// The rest, after a segment's last picture.
    func finish() throws -> [Numbered]
}
