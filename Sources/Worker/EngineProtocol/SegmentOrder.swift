public import FarmModel

/// A segment's work order inside the engine: the task, and the files on this machine that it reads and writes.
public struct SegmentOrder: Codable, Sendable {
    public var task: SegmentTask
    /// The packet file that was fetched.
    public var inputPath: String
    /// Where the encoded segment goes.
    public var outputPath: String
    /// The model file; nil for `nearest`.
    public var modelPath: String?

    public init(task: SegmentTask, inputPath: String, outputPath: String, modelPath: String?) {
        self.task = task
        self.inputPath = inputPath
        self.outputPath = outputPath
        self.modelPath = modelPath
    }
}
