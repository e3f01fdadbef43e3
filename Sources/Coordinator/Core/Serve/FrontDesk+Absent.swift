import FarmModel
import FarmProtocol
import Foundation

/// Unfinished jobs of the store that could not be taken up at the start: a folder that is not mounted yet, a file that is
/// gone. They wait, say why, and are looked at again and again.
extension FrontDesk {
    func miss(_ id: JobID, _ error: any Error) {
        let reason = CoordinatorError(error).message
        if absent[id] != reason {
            logger.error("a job cannot go on yet", metadata: ["job": "\(id)", "reason": "\(reason)"])
        }
        absent[id] = reason
    }

    /// Looks for what was missing, until cancelled.
    func lookForAbsent() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(15))
            for id in absent.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
                await alone(with: .job(id)) { await takeUpAbsent(id) }
            }
        }
    }

    private func takeUpAbsent(_ id: JobID) async {
        guard absent[id] != nil else { return }
        do {
            if let record = try await store.job(id), !record.plan.state.isEnded { try await dispatcher.takeUp(record) }
            absent[id] = nil
            logger.notice("a job goes on", metadata: ["job": "\(id)"])
        } catch { miss(id, error) }
    }

    /// - Parameter reason: why it waits.
    func act(onAbsent id: JobID, _ action: JobAction, _ reason: String) async throws -> String {
        guard case .cancel = action else {
            throw CoordinatorError(.usage, "job \(id) waits: \(reason); it can only be cancelled")
        }
        try await store.apply([.state(id, .cancelled, reasons: [])])
        absent[id] = nil
        return "\(id): cancelled; `retry` goes on with it, `remove` gives its space back"
    }

    func absentViews() async throws -> [(order: Int64, view: JobView)] {
        guard !absent.isEmpty else { return [] }
        return try await store.summaries(in: [.running, .concatenating]).compactMap { summary in
            guard let reason = absent[summary.id] else { return nil }
            var view = JobView(summary)
            view.waits = [reason]
            return (summary.order, view)
        }
    }
}
