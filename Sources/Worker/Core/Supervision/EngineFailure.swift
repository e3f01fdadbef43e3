/// Why an attempt, a calibration or an engine came to nothing.
public struct EngineFailure: Error, CustomStringConvertible {
    public var reason: String
    /// The engine died of it.
    public var crashed = false
    /// No engine runs on this device: the slot is of no use.
    public var isDeviceUnusable = false
    /// The frame from which on the film's pictures are not those that the job was made for; nil where that is not it.
    public var misfit: Int?
    /// The last lines of the engine's log, oldest first.
    public var log: [String] = []

    public var description: String { reason }
}
