import FarmModel
import FarmProtocol
import Foundation
import Messaging
import SchedulingSupport
import TestSupport

@testable import CoordinatorCore

/// A worker's side with real sockets: it says hello, beats, and for the rest says what a test has it say.
actor BenchWorker {
    private let control: ControlClient
    private let bulk: BulkClient
    private let folder: TemporaryFolder
    private let name: String
    private let slots: Int
    /// What its heartbeats name.
    private var held: [AttemptID]
    private(set) var heard: [CoordinatorMessage] = []
    private var tasks: [Task<Void, Never>] = []

    init(_ name: String, slots: Int, holding held: [AttemptID], in folder: TemporaryFolder) throws {
        let context = try MessagingContext()
        control = try ControlClient(context: context, endpoint: try EndpointAddress(ipcPath: folder.path("control")))
        bulk = try BulkClient(context: context, endpoint: try EndpointAddress(ipcPath: folder.path("bulk")))
        (self.name, self.slots, self.held, self.folder) = (name, slots, held, folder)
    }

    /// Says hello, and hello again to a coordinator that does not know it.
    func open() async throws {
        tasks = [
            Task { for await event in control.events { hear(event) } },
            Task {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(200))
                    say(.heartbeat(beat(held)))
                }
            },
        ]
        try await until("\(name) welcome") { self.heard.contains { if case .welcome = $0 { true } else { false } } }
    }

    func close() async {
        for task in tasks { task.cancel() }
        await control.close()
        await bulk.close()
    }

    func say(_ message: WorkerMessage) {
        if let data = try? message.encoded() { control.send(data) }
    }

    /// Gives the segment's bytes, and says so.
    func deliver(_ segment: BenchSegment) async throws {
        let path = folder.path("of-\(name)-\(segment.result.attempt.segment.index)")
        try segment.bytes.write(to: URL(fileURLWithPath: path))
        try await bulk.deliver(segment.result.output, from: path, patience: .atMost(.seconds(60)))
        say(.result(segment.result))
    }

    func fetch(_ blob: BlobReference, to path: String) async throws {
        try await bulk.fetch(blob, to: path, patience: .atMost(.seconds(60)))
    }

    private func hear(_ event: ClientEvent) {
        switch event {
        case .connected: greet()
        case .message(let data):
            guard let message = try? CoordinatorMessage(decoding: data) else { return }
            heard.append(message)
            switch message {
            case .stranger: greet()
            case .lease(let lease): held.append(lease.task.attempt)
            case .accepted(let attempt), .refused(let attempt, _), .cancel(let attempt):
                held.removeAll { $0 == attempt }
            default: break
            }
        default: break
        }
    }

    private func greet() { say(.hello(hello(name, slots: slots, holding: held))) }

    // MARK: What it heard

    var leases: [Lease] { heard.compactMap { if case .lease(let lease) = $0 { lease } else { nil } } }
    var accepted: [AttemptID] { heard.compactMap { if case .accepted(let attempt) = $0 { attempt } else { nil } } }
    var refused: [AttemptID] { heard.compactMap { if case .refused(let attempt, _) = $0 { attempt } else { nil } } }
    var cancelled: [AttemptID] { heard.compactMap { if case .cancel(let attempt) = $0 { attempt } else { nil } } }
}
