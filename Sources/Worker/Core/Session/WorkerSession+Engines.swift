import FarmProtocol
import Foundation
import Logging

extension WorkerSession {
    /// Starts the engines. One that does not start is left out as long as there is another.
    func startEngines() async throws {
        var failure: (any Error)?
        for launch in configuration.engines {
            let engine = EngineSupervisor(launch: launch, logger: logger)
            engines.append(engine)  // from now on the heart watches over it
            do { slots.append(try await engine.start()) } catch {
                logger.error("an engine is left out: \(error.reason)")
                engines.removeAll { $0 === engine }
                failure = error
            }
        }
        if let failure, engines.isEmpty { throw failure }
        announce()
    }

    /// One line a slot, and one that says where it goes.
    private func announce() {
        for (index, slot) in slots.enumerated() {
            let memory = String(format: "%.1f GiB", Double(slot.memory) / 0x1p30)
            let versions = slot.versions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
            let rest = (versions + slot.encoders).joined(separator: ", ")
            logger.notice("slot \(index): \(slot.device), \(slot.deviceModel), \(memory), \(rest)")
        }
        logger.notice(
            "worker \(configuration.identity.name): connecting to \(configuration.control), bulk \(configuration.bulk)")
    }
}
