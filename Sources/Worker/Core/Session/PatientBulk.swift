import FarmModel
import Foundation
import Logging
public import Messaging
internal import Processes

/// Transfers that outlast an absent coordinator: who leased the work takes it back, not the one who cannot reach them.
struct PatientBulk: Sendable {
    let bulk: BulkClient
    /// Where the bulk channel goes, to be named where nobody answers there.
    let endpoint: EndpointAddress
    let limits: BulkLimits
    let logger: Logger
    /// Seconds since the coordinator's last welcome, while it knows this worker; nil else.
    let welcomeFor: @Sendable () async -> Double?

    /// Before a transfer is tried again that nobody answered, or that a coordinator refused that does not know us yet.
    private static let pause = Duration.seconds(1)
    private static let firstPause = Duration.milliseconds(250)

    func fetch(_ blob: BlobReference, to path: String) async throws {
        try await persist { try await bulk.fetch(blob, to: path) }
    }

    func deliver(_ blob: BlobReference, from path: String) async throws {
        try await persist { try await bulk.deliver(blob, from: path) }
    }

    /// - Throws: `CancellationError`, or what waiting does not mend.
    private func persist(_ transfer: () async throws -> Void) async throws {
        var trouble = Trouble()
        while true {
            let begun = Clock.seconds
            do { return try await transfer() } catch let error as MessagingError {
                try await trouble.count(error, since: begun, welcomeFor: welcomeFor(), limits, endpoint)
                trouble.tell(error, endpoint, logger)
                try await Task.sleep(
                    for: trouble.refusals == 0 ? Self.pause : Self.firstPause * (1 << trouble.refusals))
            }
        }
    }

    /// What has come in the way of one transfer.
    private struct Trouble {
        private(set) var refusals = 0
        private var tries = 0
        /// Since when nobody answers, though the coordinator's other channel does.
        private var silentSince: Double?

        /// - Throws: `error`, or one that says more, where it is time to give up.
        mutating func count(
            _ error: MessagingError, since begun: Double, welcomeFor welcome: Double?, _ limits: BulkLimits,
            _ endpoint: EndpointAddress
        ) throws {
            if case .silent = error, let welcome {
                // Of a silence that began before the welcome, only what came after it counts.
                silentSince = max(silentSince ?? begun, Clock.seconds - welcome)
            } else {
                silentSince = nil
            }
            switch error {
            case .silent, .held: refusals = 0
            case .refused: refusals = (welcome ?? 0) > limits.grace ? refusals + 1 : 0
            default: throw error
            }
            if refusals >= limits.refusals { throw error }
            if let silentSince, Clock.seconds - silentSince >= limits.silence {
                throw WorkerError.bulkSilent(endpoint, seconds: Clock.seconds - silentSince)
            }
        }

        /// Now and then: an absence may last for days.
        mutating func tell(_ error: MessagingError, _ endpoint: EndpointAddress, _ logger: Logger) {
            tries += 1
            guard tries.nonzeroBitCount == 1 else { return }
            guard silentSince != nil else {
                return logger.notice("\(error); trying again", metadata: ["try": "\(tries)"])
            }
            logger.error(
                "bulk \(endpoint) does not answer, and the coordinator's control endpoint does: is its port open? Trying again",
                metadata: ["try": "\(tries)", "error": "\(error)"])
        }
    }
}

/// When a worker stops waiting for a transfer.
public struct BulkLimits: Sendable {
    /// Refusals by a coordinator that knows this worker.
    public var refusals = 5
    /// Seconds after a welcome in which refusals do not count: a coordinator that was started anew finds out little by little
    /// what it expects.
    public var grace = 60.0
    /// Seconds of silence on the bulk channel while the control channel is well.
    public var silence = 600.0
    /// How long the channel itself waits.
    public var timing = BulkTiming()

    public init() {}
}
