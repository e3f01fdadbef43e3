public import FarmProtocol
public import Messaging
public import Models
public import Processes

/// All that a worker is told at its start.
public struct WorkerConfiguration: Sendable {
    public var identity: WorkerIdentity
    /// The coordinator's control and bulk endpoints.
    public var control: EndpointAddress
    public var bulk: EndpointAddress
    /// What lets this worker in.
    public var security: EndpointSecurity
    /// How to start each engine: one or more a device.
    public var engines: [Launch]
    /// Directory for segments in flight; this worker's own.
    public var scratch: String
    public var models: ModelLibrary
    /// Models that came from the coordinator.
    public var fetchedModels: FetchedModels
    /// Seconds without movement in the pipeline after which an attempt counts as stuck. Generous: one batch of a large
    /// network on a slow processor is one movement.
    public var stallLimit: Double
    /// Seconds without a word from the coordinator after which the worker says hello again, to see whether it is heard.
    public var silenceLimit: Double
    public var bulkLimits = BulkLimits()

    public init(
        identity: WorkerIdentity, control: EndpointAddress, bulk: EndpointAddress,
        security: EndpointSecurity = .localOnly, engines: [Launch], scratch: String,
        models: ModelLibrary, fetchedModels: FetchedModels, stallLimit: Double = 900,
        silenceLimit: Double = 180
    ) {
        self.identity = identity
        self.control = control
        self.bulk = bulk
        self.security = security
        self.engines = engines
        self.scratch = scratch
        self.models = models
        self.fetchedModels = fetchedModels
        self.stallLimit = stallLimit
        self.silenceLimit = silenceLimit
    }
}
