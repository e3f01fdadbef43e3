import FarmModel
import FarmProtocol
import Foundation
import Media
import Messaging
import Scheduling

/// What attempts read of the spool before a worker can go on: beside the loop, and a few at a time.
enum SpoolRead: Sendable {
    /// The input of a lease that goes out to this worker when it is cut.
    case cut(worker: WorkerID, slot: Int, extraRunUp: Int, since: Double)
    /// What an adopted attempt delivered to an earlier life of the coordinator.
    case delivered
}

extension Dispatcher {
    func lease(_ attempt: AttemptID, to worker: WorkerID, slot: Int, extraRunUp: Int) {
        guard scheduler.range(of: attempt.segment) != nil else { return }
        open(attempt, for: worker)
        reads.add(.cut(worker: worker, slot: slot, extraRunUp: extraRunUp, since: Monotonic.seconds), for: attempt)
        readNext()
    }

    /// An attempt that an earlier life leased, or whose worker has a new connection. Its worker knows it, so nothing is
    /// hashed: it may still need its input, and what it delivers is taken from now on. What it delivered before may lie in
    /// the spool already.
    func adopt(_ attempt: AttemptID, of worker: WorkerID, extraRunUp: Int) {
        guard let cutter = cutter(of: attempt), let range = scheduler.range(of: attempt.segment) else { return }
        open(attempt, for: worker)
        do {
            let slices = cutter.slices(of: range, extraRunUp: extraRunUp)
            try bulk.serve(id: Wire.sourceBlob(attempt), slices: slices, to: audience(of: worker))
        } catch { submit(.jobStopped(attempt.segment.job, reason: CoordinatorError(error).message)) }
        guard FileManager.default.fileExists(atPath: spool.segment(attempt)) else { return }
        reads.add(.delivered, for: attempt)
        readNext()
    }

    /// Those that wait long for their input are not held against their workers.
    func renewCuts() {
        guard Monotonic.seconds - cutsRenewed > scheduler.configuration.leaseLifetime / 4 else { return }
        let waiting = reads.pending.compactMap { attempt, read in
            if case .cut = read, openAttempts.contains(attempt) { attempt } else { nil }
        }
        let all = waiting + readTries.keys.filter { openAttempts.contains($0) && !waiting.contains($0) }
        guard !all.isEmpty else { return }
        cutsRenewed = Monotonic.seconds
        submit(.cutting(all))
    }

    private func open(_ attempt: AttemptID, for worker: WorkerID) {
        openAttempts.insert(attempt)
        bulk.expect(
            id: Wire.encodedBlob(attempt), destination: spool.segment(attempt), limit: Self.segmentLimit,
            from: audience(of: worker))
    }

    private func audience(of worker: WorkerID) -> Audience {
        senders[worker]?.name.map { .holder(named: $0) } ?? .role(.worker)
    }

    private func cutter(of attempt: AttemptID) -> SegmentCutter? {
        jobs[attempt.segment.job].map {
            SegmentCutter(
                recipe: $0.record.recipe, table: $0.table, borders: $0.borders,
                store: spool.packets($0.record.id), stretch: $0.source.stretch)
        }
    }

    private func readNext() {
        while let (attempt, read) = reads.begin() {
            Task {
                let isDone = await carryOut(read, for: attempt)
                reads.end(attempt)
                readNext()
                if isDone { readTries[attempt] = nil } else { await readAgain(read, for: attempt) }
            }
        }
    }

    /// After a pause in which others have their turn.
    private func readAgain(_ read: SpoolRead, for attempt: AttemptID) async {
        try? await Task.sleep(for: .seconds(2))
        guard openAttempts.contains(attempt) else {
            readTries[attempt] = nil
            return
        }
        reads.add(read, for: attempt)
        readNext()
    }

    /// A machine that has no descriptor left, or whose disk hiccups, is no job's end: it is asked again for a while.
    /// - Returns: false where it is to be tried again.
    private func carryOut(_ read: SpoolRead, for attempt: AttemptID) async -> Bool {
        guard openAttempts.contains(attempt) else { return true }
        do {
            try await carryOutOnce(read, for: attempt)
            return true
        } catch {
            readTries[attempt, default: 0] += 1
            guard (error as? MessagingError)?.isPassing == true, readTries[attempt, default: 0] < Self.mostReads else {
                submit(.jobStopped(attempt.segment.job, reason: CoordinatorError(error).message))
                return true
            }
            logger.warning("a segment waits for its input", metadata: ["attempt": "\(attempt)", "error": "\(error)"])
            return false
        }
    }

    private static var mostReads: Int { 30 }

    private func carryOutOnce(_ read: SpoolRead, for attempt: AttemptID) async throws {
        switch read {
        case .cut(let worker, let slot, let extraRunUp, let since):
            guard let task = try await cut(attempt, for: worker, extraRunUp: extraRunUp) else { return }
            let (model, lifetime) = (models.blob(of: task.recipe.model), scheduler.configuration.leaseLifetime)
            if Monotonic.seconds - since > lifetime / 8 { submit(.cutting([attempt])) }
            send(.lease(Lease(task: task, slot: slot, lifetime: lifetime, model: model)), to: worker)
        case .delivered: try await takeDelivered(attempt)
        }
    }

    private func takeDelivered(_ attempt: AttemptID) async throws {
        let path = spool.segment(attempt)
        let slices = [try BlobSlice.file(path)]
        // It was renamed by an earlier life, which may have ended before that was on the disk (P5).
        try await BlockingWork.run { try DurableFile.sync(path) }
        await take(try await BlobReference.describing(id: Wire.encodedBlob(attempt), slices: slices))
    }

    /// - Returns: nil where the attempt ended while it was being cut.
    private func cut(_ attempt: AttemptID, for worker: WorkerID, extraRunUp: Int) async throws -> SegmentTask? {
        guard let cutter = cutter(of: attempt), let range = scheduler.range(of: attempt.segment) else { return nil }
        let cut = try await cutter.cut(attempt, range: range, extraRunUp: extraRunUp)
        guard openAttempts.contains(attempt) else { return nil }
        try bulk.serve(id: cut.task.input.id, slices: cut.slices, to: audience(of: worker))
        return cut.task
    }

    /// An encoded segment of more bytes is a mistake or an attack, not a segment.
    private static var segmentLimit: Int64 { 1 << 40 }
}
