public import FarmProtocol

/// What `worker-engine about` says of itself, for `worker doctor`.
public struct EngineAbout: Codable, Hashable, Sendable {
    /// The libtorch that was loaded, such as "2.11.0".
    public var libtorch: String
    /// The instructions of our own convolutions.
    public var kernels: String
    /// Every device that libtorch sees, CUDA devices first, then the CPU.
    public var slots: [SlotDescription]
    /// Why libtorch's CUDA part cannot be loaded, in the loader's words; nil where it is.
    public var cudaProblem: String?
    /// Devices on which a small network does not run, and why.
    public var failures: [String: String]
    /// Of a device: encoders in hardware that do not open on it, and why.
    public var encoderRefusals: [String: [String: String]]
    /// CUDA devices on which none of our own kernels run, and why.
    public var kernelProblems: [String: String]

    public init(
        libtorch: String, kernels: String, slots: [SlotDescription], cudaProblem: String? = nil,
        failures: [String: String] = [:], encoderRefusals: [String: [String: String]] = [:],
        kernelProblems: [String: String] = [:]
    ) {
        self.libtorch = libtorch
        self.kernels = kernels
        self.slots = slots
        self.cudaProblem = cudaProblem
        self.failures = failures
        self.encoderRefusals = encoderRefusals
        self.kernelProblems = kernelProblems
    }
}
