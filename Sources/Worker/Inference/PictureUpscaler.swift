public import FarmModel

/// Makes bigger pictures of pictures, some at a time. Used by one thread at a time.
public protocol PictureUpscaler: AnyObject {
    /// What it gives.
    var output: PictureFormat { get }
    /// The most pictures that one call takes; the device is used best with so many.
    var batch: Int { get }
    /// Upscales 1 to `batch` pictures; `numbers` are their frame numbers in the film.
    /// - Throws: `InferenceError`; `.badOutput` names the frame.
    func upscale(_ pictures: [any PlanarPicture], numbers: [Int]) throws -> [PictureBuffer]
}
