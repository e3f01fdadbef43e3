/// Why an attempt, a calibration or an engine came to nothing.
public struct EngineFailure: Error, CustomStringConvertible {
    public var reason: String
    /// The engine died of it.
    public var crashed = false
    /// No engine runs on this device: the worker is of no use.
    public var isDeviceUnusable = false

    public var description: String { reason }
}
