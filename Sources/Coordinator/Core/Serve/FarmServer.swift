import FarmModel
import FarmProtocol
import Foundation
public import Logging
import Messaging

/// `coordinator serve`: a farm for workers and clients on other machines, for as long as it is left running.
public struct FarmServer: Sendable {
    private let configuration: ServeConfiguration
    private let logger: Logger

    public init(configuration: ServeConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Serves until cancelled.
    /// - Throws: `CoordinatorError` where it cannot begin, or cannot go on.
    public func run() async throws {
        Self.raiseDescriptorLimit()
        let roots = try AllowedRoots(configuration.roots)
        let keys = Self.keys(configuration)
        // The list is filled before anyone can knock.
        let watch = try keys?.watch(logger: logger)
        let farm = try await Farm.open(farmConfiguration(keys), logger: logger)
        // The state directory is this process's now, and the endpoints are real.
        do { try keys?.prepare(control: configuration.control, bulk: configuration.bulk) } catch {
            await farm.close()
            throw error
        }
        let desk: FrontDesk
        do {
            desk = try await opened(farm, roots)
            try await restore(farm, desk)
        } catch {
            await farm.close()
            throw error
        }
        await desk.intake.proceed()
        logger.notice(
            "serving",
            metadata: [
                "control": "\(configuration.control)", "bulk": "\(configuration.bulk)",
                "state": "\(configuration.stateDirectory)",
            ])
        let looking = Task { await desk.lookForAbsent() }
        let sweeping = Task { await desk.sweepUploads() }
        defer { for task in [looking, sweeping] { task.cancel() } }
        await farm.dispatcher.run()
        await desk.intake.stop()
        watch?.stop()
        let failure = await farm.dispatcher.failure
        await farm.close()
        if let failure { throw failure }
    }

    /// Seconds after which a worker that never came back is forgotten: 30 days.
    private static var workerMemory: Double { 30 * 86_400 }

    /// Each connection takes one, and the usual limit is lower than the number of workers that a farm may have.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(kind, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = min(limit.rlim_max, 1 << 20)
        setrlimit(kind, &limit)
    }

    private func farmConfiguration(_ keys: KeyDesk?) throws -> FarmConfiguration {
        var farm = FarmConfiguration(
            stateDirectory: configuration.stateDirectory, control: configuration.control, bulk: configuration.bulk,
            scheduler: configuration.scheduler)
        farm.reserve = configuration.reserve
        if let keys { farm.security = try keys.serverSecurity() }
        return farm
    }

    /// Keys are for networks: on `ipc://` the directory's permissions decide.
    private static func keys(_ configuration: ServeConfiguration) -> KeyDesk? {
        guard !configuration.control.hasPrefix("ipc://") else { return nil }
        return KeyDesk(stateDirectory: configuration.stateDirectory)
    }

    private func opened(_ farm: Farm, _ roots: AllowedRoots) async throws -> FrontDesk {
        let state = configuration.stateDirectory
        let dispatcher = farm.dispatcher
        let intake = Intake(store: farm.store, preparation: farm.preparation, logger: logger) { job in
            try await dispatcher.add(job.record, source: job.source, overwrite: job.source.overwrite ?? false)
        }
        let desk = FrontDesk(
            dispatcher: dispatcher, store: farm.store, bulk: farm.bulk, intake: intake, models: farm.models,
            uploads: try UploadStore(stateDirectory: state), shelf: FilmShelf(stateDirectory: state), roots: roots,
            spool: Spool(stateDirectory: state), reserve: configuration.reserve, logger: logger)
        let hook = configuration.execAfter.map { ExecAfter(command: $0, logger: logger) }
        await intake.connect { await desk.submissionEnded($0, reason: $1, hook: hook) }
        await dispatcher.connect(
            desk: { await desk.answer($0, from: $1) }, ended: { await desk.jobEnded($0, $1, hook: hook) })
        return desk
    }

    /// Takes up what an earlier life left: workers that were drained or set aside stay so, jobs go on.
    private func restore(_ farm: Farm, _ desk: FrontDesk) async throws {
        // Boxes that are rented by the hour come under a new name each time.
        try await farm.store.forgetWorkers(unseenSince: Date(timeIntervalSinceNow: -Self.workerMemory))
        for worker in try await farm.store.workers() { farm.dispatcher.submit(.workerKnown(worker)) }
        for record in try await farm.store.jobs(in: [.running, .concatenating]) {
            // One that cannot go on does not keep the others.
            do { try await farm.dispatcher.takeUp(record) } catch { await desk.miss(record.id, error) }
        }
        try await desk.giveBackUploads()
    }
}
