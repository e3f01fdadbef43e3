/// Why an attempt, a calibration or an engine came to nothing.
public struct EngineFailure: Error, CustomStringConvertible {
    public var reason: String
    /// The engine died of it.
    public var crashed = false
    /// No engine runs on this device: the slot is of no use.
    public var isDeviceUnusable = false
    /// The last lines of the engine's log, oldest first.
    public var log: [String] = []

    public var description: String { reason }
}
