import FarmModel
internal import Synchronization

/// A transfer's file, as its socket's thread sees it: what it asks for is done in order on a file worker's thread, and
/// reported when it is done.
// Unchecked because of the file: only jobs of its path use it, and those run one after the other; its hash is left to the
// jobs of another name between `opened` and `finish`.
final class Intake: @unchecked Sendable {
    /// What became of the file, in the order of what was asked for.
    enum Report: Sendable {
        /// So many bytes were there before: whole chunks, or all.
        case opened(Int64)
        /// One chunk more is written.
        case wrote
        /// One chunk more is hashed.
        case hashed
        /// The part that was there before was damaged: all is to be asked for anew.
        case restarted
        /// The file has its name, and is on the disk where it was to be.
        case published
        /// Nothing more comes.
        case failed(any Error)
    }

    struct Outcome: Sendable {
        let ticket: Int
        let blob: String
        let report: Report
    }

    let ticket: Int
    private let blob: String
    private let file: IncomingFile
    private let path: String
    /// Under this name the file workers hash; no path looks like it.
    private let hashing: String
    private let desk: Desk
    private let isAbandoned = Atomic<Bool>(false)
    /// Used by the jobs alone.
    private var hasFailed = false

    fileprivate init(_ ticket: Int, _ blob: String, _ file: IncomingFile, _ path: String, _ desk: Desk) {
        (self.ticket, self.blob, self.file, self.path, self.desk) = (ticket, blob, file, path, desk)
        hashing = "hash \(ticket)"
        work { file, isAbandoned in
            switch try file.open(isAbandoned: isAbandoned) {
            case .from(let bytes): .opened(bytes)
            case .whole: .published
            }
        }
    }

    /// Writing a chunk and hashing it take about as long: they are done at the same time.
    func append(_ payload: Frame) {
        let payload = Handover(payload)
        work { file, _ in
            try file.append(payload.value.bytes)
            return .wrote
        }
        desk.workers.run(hashing) { [self] in
            guard !isAbandoned.load(ordering: .relaxed) else { return }
            file.hash(payload.value.bytes)
            report(.hashed)
        }
    }

    /// After the last chunk is written and hashed.
    func finish() { work { file, _ in try Self.finish(file) } }

    /// The only chunk: all in one go.
    func store(_ payload: Frame) {
        let payload = Handover(payload)
        work { file, _ in
            try file.append(payload.value.bytes)
            file.hash(payload.value.bytes)
            return try Self.finish(file)
        }
    }

    private static func finish(_ file: IncomingFile) throws -> Report {
        guard try file.verify() else { return .restarted }
        try file.publish()
        return .published
    }

    /// What is left of a file that is given up.
    enum Remains {
        case nothing
        /// The file under its name, where it was published and that was not yet heeded.
        case published
        /// That, or its part.
        case part
    }

    /// Gives the file up; then calls `done`.
    func abandon(leaving remains: Remains, _ done: @escaping @Sendable () -> Void = {}) {
        isAbandoned.store(true, ordering: .relaxed)
        desk.workers.run(path) { [self] in
            switch remains {
            case .nothing: file.withdraw()
            case .published: file.close(keepingPart: false)
            case .part: file.close(keepingPart: true)
            }
            done()
        }
    }

    private func work(_ job: @escaping @Sendable (IncomingFile, () -> Bool) throws -> Report) {
        desk.workers.run(path) { [self] in
            guard !hasFailed, !isAbandoned.load(ordering: .relaxed) else { return }
            do { report(try job(file) { isAbandoned.load(ordering: .relaxed) }) } catch {
                hasFailed = true
                report(.failed(error))
            }
        }
    }

    private func report(_ report: Report) {
        _ = desk.outcomes.post(Outcome(ticket: ticket, blob: blob, report: report))
    }

    /// Where intakes are made, and where their outcomes come in. One a socket.
    final class Desk: Sendable {
        fileprivate let workers = FileWorkers()
        fileprivate let outcomes: Mailbox<Outcome>
        private let lastTicket = Atomic<Int>(0)

        init(_ wakeUp: WakeUp) { outcomes = Mailbox(wakeUp) }

        /// Begins to open the file.
        func open(_ blob: BlobReference, _ destination: String, isDurable: Bool, isResumable: Bool) -> Intake {
            let file = IncomingFile(blob, destination: destination, isDurable: isDurable, isResumable: isResumable)
            return Intake(lastTicket.wrappingAdd(1, ordering: .relaxed).newValue, blob.id, file, destination, self)
        }

        /// Removes what a resumable transfer left.
        func removePart(of destination: String) {
            workers.run(destination) { IncomingFile.removePart(of: destination) }
        }

        /// What was done since the last call.
        func takeOutcomes() -> [Outcome] { outcomes.takeAll() }

        /// Returns when every job is done.
        func close() { workers.close() }
    }
}
