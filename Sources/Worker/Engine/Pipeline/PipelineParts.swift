public import EngineProtocol
public import FarmModel
public import Inference

/// The pictures of one segment, in presentation order.
public protocol PictureSource: AnyObject {
    /// The next picture with its frame number, or nil at the end.
    func next() throws -> (number: Int, picture: any PlanarPicture)?
    /// After the end: promised frames that did not come, ascending.
    var missing: [Int] { get }
    /// After the end: frames that were given, and whose samples the decoder partly made up, ascending.
    var damaged: [Int] { get }
}

/// Where the upscaled pictures of one segment go.
public protocol PictureSink: AnyObject {
    func write(_ picture: any PlanarPicture, number: Int) throws
    /// Publishes what was written.
    func finish() throws
}

/// Makes the parts that work on a segment: the real ones in `PipelineParts.real`, stand-ins of known speed in tests and
/// benchmarks of the pipeline itself. Each is called on the thread of the stage that uses the part.
public struct PipelineParts: Sendable {
    public var source: @Sendable (SegmentOrder) throws -> any PictureSource
    public var upscaler: @Sendable (SegmentOrder) throws -> any PictureUpscaler
    public var sink: @Sendable (SegmentOrder) throws -> any PictureSink
    /// Proves the finished file and describes it; runs beside the stages.
    public var verify: @Sendable (SegmentOrder, _ missing: [Int]) throws -> BlobReference

    public init(
        source: @escaping @Sendable (SegmentOrder) throws -> any PictureSource,
        upscaler: @escaping @Sendable (SegmentOrder) throws -> any PictureUpscaler,
        sink: @escaping @Sendable (SegmentOrder) throws -> any PictureSink,
        verify: @escaping @Sendable (SegmentOrder, _ missing: [Int]) throws -> BlobReference
    ) {
        self.source = source
        self.upscaler = upscaler
        self.sink = sink
        self.verify = verify
    }
}
