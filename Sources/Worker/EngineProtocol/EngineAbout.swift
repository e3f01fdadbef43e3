public import FarmProtocol

/// What `worker-engine about` says of itself, for `worker doctor`.
public struct EngineAbout: Codable, Hashable, Sendable {
    /// The libtorch that was loaded, such as "2.11.0".
    public var libtorch: String
    /// The instructions of our own convolutions.
    public var kernels: String
    /// Every device that libtorch sees, CUDA devices first, then the CPU.
    public var slots: [SlotDescription]

    public init(libtorch: String, kernels: String, slots: [SlotDescription]) {
        self.libtorch = libtorch
        self.kernels = kernels
        self.slots = slots
    }
}
