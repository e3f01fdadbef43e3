public import EngineProtocol
public import Machine

/// What `worker doctor` judges: all that it learned of this machine.
public struct BoxFacts: Sendable {
    public var processors = 1
    /// In bytes.
    public var memory: UInt64 = 0
    public var freeMemory: UInt64 = 0
    public var glibc = ""
    /// What the user asked for: auto, cpu, cuda:N.
    public var device = "auto"
    public var driver = NVIDIADriver.absent
    public var hasDecoding = false
    public var hasEncoding = false
    /// The libtorch for a bundle's engine; nil where the engine was linked to this machine's.
    public var libtorch: Result<Libtorch?, BoxError> = .success(nil)
    public var engine: Result<EngineAbout, BoxError> = .failure(BoxError("not asked"))
    public var modelFiles: [String] = []
    public var modelDirectories: [String] = []
    public var cache = ""
    /// Bytes free where segments in flight lie.
    public var freeSpace: Result<UInt64, BoxError> = .success(0)
    public var farm = FarmAnswer.notAsked

    public init() {}
}

/// What became of an attempt to reach the coordinator.
public enum FarmAnswer: Hashable, Sendable {
    case notAsked
    /// Nobody could be asked, as the words say.
    case unusable(String)
    case silent(endpoint: String)
    case denied(endpoint: String, reason: String)
    /// Both endpoints answer, and let the key in.
    case admitted(control: String, bulk: String, key: String?)
}
