internal import FarmProtocol
internal import Foundation
public import Scheduling

/// What `coordinator serve` is told.
public struct ServeConfiguration: Sendable {
    public var stateDirectory: String
    /// Where it listens: `tcp://` with keys, or `ipc://`.
    public var control: String
    public var bulk: String
    /// Folders that clients may name paths in.
    public var roots: [String]
    /// A shell command to run when a job has ended.
    public var execAfter: String?
    /// Bytes of disk that stay free.
    public var reserve: Int64
    public var scheduler = SchedulerConfiguration()

    /// - Parameter bulk: nil is beside `control`.
    public init(
        stateDirectory: String, control: String, bulk: String? = nil, roots: [String] = [], execAfter: String? = nil,
        reserve: Int64 = 1 << 30
    ) {
        self.stateDirectory = URL(fileURLWithPath: stateDirectory).standardizedFileURL.path
        self.control = control
        self.bulk = bulk ?? Wire.bulkEndpoint(beside: control)
        self.roots = roots
        self.execAfter = execAfter
        self.reserve = reserve
    }
}
