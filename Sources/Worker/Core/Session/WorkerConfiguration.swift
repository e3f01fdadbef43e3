public import FarmProtocol
public import Inference
public import Processes

/// All that a worker is told at its start.
public struct WorkerConfiguration: Sendable {
    public var identity: WorkerIdentity
    /// The coordinator's control and bulk endpoints.
    public var control: String
    public var bulk: String
    /// How to start the engine of each device.
    public var engines: [Launch]
    /// Directory for segments in flight; this worker's own.
    public var scratch: String
    public var models: ModelLibrary
    /// Seconds without movement in the pipeline after which an attempt counts as stuck. Generous: one batch of a large
    /// network on a slow processor is one movement.
    public var stallLimit: Double

    public init(
        identity: WorkerIdentity, control: String, bulk: String, engines: [Launch], scratch: String,
        models: ModelLibrary, stallLimit: Double = 900
    ) {
        self.identity = identity
        self.control = control
        self.bulk = bulk
        self.engines = engines
        self.scratch = scratch
        self.models = models
        self.stallLimit = stallLimit
    }
}
