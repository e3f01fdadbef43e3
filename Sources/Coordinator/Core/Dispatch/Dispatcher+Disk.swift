import FarmModel
import FarmProtocol
import Foundation
import Scheduling

/// A disk that is full: nothing fails for it, everything waits.
extension Dispatcher {
    func lookAtDisk() async {
        guard let path = disk?.path, let free = try? await BlockingWork.run({ try DiskSpace.free(path) }) else {
            return
        }
        tell(disk?.look(free: free))
    }

    /// The bytes of a file could not be stored.
    func ranOutOfSpace(for blob: String) async {
        let path = spool.root
        let free = (try? await BlockingWork.run { try DiskSpace.free(path) }) ?? 0
        tell(disk?.ranOut(free: free))
        guard let attempt = openAttempts.attempt(ofBlob: blob),
            let worker = scheduler.connection(holding: attempt)
        else { return }
        submit(.deliveryHeld(worker, attempt, reason: "the coordinator's disk is full"))
    }

    private func tell(_ change: DiskWatch.Change?) {
        switch change {
        case .full(let reason)?:
            logger.error("\(reason)")
            bulk.hold(reason)  // what is on its way may use the reserve, no more
            submit(.diskFull(reason: reason))
        case .free?:
            logger.notice("the disk has space again")
            bulk.hold(nil)
            submit(.diskFree)
        case nil: break
        }
    }

    /// Makes changes durable. A full disk is waited for: until it has space nothing of what depends on them is done.
    func persist(_ changes: [QueueChange]) async throws {
        while true {
            do {
                try await store.apply(changes)
                if isWaitingForSpace { goOn() }
                return
            } catch QueueStoreError.diskFull(let path, let reason) where disk != nil {
                if !isWaitingForSpace { logger.critical("cannot write \(path): \(reason); waiting for space") }
                isWaitingForSpace = true
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Whose words were passed over says hello again, and with it all that still matters.
    private func goOn() {
        logger.notice("the queue can be written again")
        isWaitingForSpace = false
        for worker in passedOver { send(.stranger, to: worker) }
        passedOver = []
    }
}
