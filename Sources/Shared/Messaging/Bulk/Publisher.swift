internal import Foundation

/// Names files that arrived whole, on threads of its own: nobody else's transfer waits for the disk, and syncs at the
/// same time share the disk's journal.
final class Publisher {
    struct Outcome: Sendable {
        let ticket: Int
        /// nil: the file has its name, on the disk.
        let error: (any Error)?
    }

    private static let most = 4

    private let outcomes: Mailbox<Outcome>
    private var waiting: [(ticket: Int, file: IncomingFile)] = []
    private var running = 0
    private var lastTicket = 0

    init(_ wakeUp: WakeUp) { outcomes = Mailbox(wakeUp) }

    /// Takes the file over; the outcome with the returned ticket tells when it is done.
    func publish(_ file: IncomingFile) -> Int {
        lastTicket += 1
        waiting.append((lastTicket, file))
        startNext()
        return lastTicket
    }

    /// What was done since the last call.
    func takeOutcomes() -> [Outcome] {
        let done = outcomes.takeAll()
        running -= done.count
        startNext()
        return done
    }

    private func startNext() {
        while running < Self.most, !waiting.isEmpty {
            running += 1
            let (ticket, file) = waiting.removeFirst()
            let work = Handover(file)
            let thread = Thread { [outcomes] in
                var failure: (any Error)?
                do { try work.value.publish() } catch {
                    // Before the outcome is told: the next one's file may have the same name.
                    work.value.discard()
                    failure = error
                }
                _ = outcomes.post(Outcome(ticket: ticket, error: failure))
            }
            thread.name = "blob-publish"
            thread.start()
        }
    }
}
