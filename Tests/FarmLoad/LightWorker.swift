import FarmModel
import FarmProtocol
import Foundation
import Messaging

/// A worker without an engine: one slot, the leases it holds, and where each stands.
final class LightWorker {
    /// A lease on its way.
    struct Delivery {
        var bytes: Data
        var result: SegmentResult
        var offered: Double
        /// When `result` was last said; nil before the bytes are there.
        var told: Double?
    }

    let control: LoadSocket
    let bulk: LoadSocket
    let name: String
    let floor: Floor
    var isWelcome = false
    var lastHello = -Double.infinity
    var heartbeatInterval = 0.0
    var nextHeartbeat = Double.infinity
    /// Leases whose turn has not come, the current one first.
    var waiting: [SegmentTask] = []
    /// When the current one will be through.
    var through = Double.infinity
    var deliveries: [AttemptID: Delivery] = [:]
    /// When places came free that have not been filled since.
    var emptied: [Double] = []
    /// Of the phase: the first segment of each takes a part of the time, so that workers do not move in step.
    var phase = -1

    init(name: String, context: UnsafeMutableRawPointer, key: KeyFile, floor: Floor) throws {
        (self.name, self.floor) = (name, floor)
        control = try LoadSocket(
            context, key.control, key, highWater: 1000, longest: Wire.maximumMessageSize + 64)
        bulk = try LoadSocket(
            context, key.bulk, key, highWater: Int32(2 * Wire.creditWindow), longest: Int64(Wire.chunkSize + 64))
    }

    /// Nothing is leased, or under way.
    var isIdle: Bool { waiting.isEmpty && deliveries.isEmpty }
    /// When `look` has something to do, if nothing comes before.
    var due: Double { min(through, nextHeartbeat, isWelcome ? .infinity : lastHello + 5) }

    /// Does what is due.
    func look(_ now: Double) throws {
        if !isWelcome, now >= lastHello + 5 { try greet(now) }
        if now >= nextHeartbeat { try beat(now) }
        if now >= through { try deliver(now) }
    }

    func drain() throws { try say(.draining) }
}
