import FarmModel
import Foundation
import Logging
import Messaging

/// Transfers that outlast an absent coordinator: who leased the work takes it back, not the one who cannot reach them.
struct PatientBulk: Sendable {
    let bulk: BulkClient
    let logger: Logger
    /// Whether the coordinator knows this worker at present. One that has just started refuses what it has not yet
    /// found to be this worker's.
    let isWelcome: @Sendable () async -> Bool

    /// Refusals by a coordinator that knows this worker, and a transfer fails.
    static let refusalLimit = 5
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
        var (refusals, tries) = (0, 0)
        while true {
            do { return try await transfer() } catch let error as MessagingError {
                switch error {
                case .silent: refusals = 0
                case .refused: refusals = await isWelcome() ? refusals + 1 : 0
                default: throw error
                }
                guard refusals < Self.refusalLimit else { throw error }
                tries += 1
                // Now and then: an absence may last for days.
                if tries.nonzeroBitCount == 1 { logger.notice("\(error); trying again", metadata: ["try": "\(tries)"]) }
                try await Task.sleep(for: refusals == 0 ? Self.pause : Self.firstPause * (1 << refusals))
            }
        }
    }
}
