package import FarmModel
package import Scheduling

extension [SchedulerAction] {
    package struct Leased: Hashable {
        package var worker: String
        package var slot: Int
        package var attempt: AttemptID
        package var extraRunUp: Int

        package init(worker: String, slot: Int, attempt: AttemptID, extraRunUp: Int) {
            (self.worker, self.slot, self.attempt, self.extraRunUp) = (worker, slot, attempt, extraRunUp)
        }
    }

    package var leases: [Leased] {
        compactMap {
            guard case .lease(let worker, let slot, let attempt, let extra) = $0 else { return nil }
            return Leased(worker: worker.rawValue, slot: slot, attempt: attempt, extraRunUp: extra)
        }
    }

    package var leased: [AttemptID] { leases.map(\.attempt) }

    package var changes: [QueueChange] {
        flatMap { if case .persist(let changes) = $0 { changes } else { [] as [QueueChange] } }
    }

    /// `persist` is missing, or the first: nobody is told of what is not durable.
    package var isDurableFirst: Bool { dropFirst().allSatisfy { if case .persist = $0 { false } else { true } } }

    package var refusals: [String] {
        compactMap { if case .refuse(_, _, let reason) = $0 { reason } else { nil } }
    }

    package var failureReasons: [String]? {
        for case .jobFailed(_, let reasons) in self { return reasons }
        return nil
    }
}
