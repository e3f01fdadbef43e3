import FarmModel
import FarmProtocol
import Foundation
import Hashing
import Messaging
import TestSupport

@testable import WorkerCore

/// The coordinator's side with real sockets, which says only what a test has it say.
actor StandInCoordinator {
    let folder: TemporaryFolder
    let control: ControlServer
    let bulk: BulkServer
    /// All that workers said, in order.
    private(set) var heard: [WorkerMessage] = []
    /// The connection heard of last.
    private(set) var peer: PeerID?
    /// Says welcome to each hello.
    var welcomes = true
    private var listening: Task<Void, Never>?
    private var taking: Task<Void, Never>?
    private(set) var arrived: [String] = []

    struct Impatience: Error, CustomStringConvertible {
        let description: String
    }

    /// Listens in `folder`, where an earlier one may have listened.
    init(_ folder: TemporaryFolder) throws {
        self.folder = folder
        let context = try MessagingContext()
        control = try ControlServer(context: context, endpoint: try Self.endpoint("control", folder))
        bulk = try BulkServer(context: context, endpoint: try Self.endpoint("bulk", folder))
    }

    /// Listens on this machine's network for whoever is on the list.
    init(_ folder: TemporaryFolder, keys: CurveKeyPair, admits list: AllowList) throws {
        self.folder = folder
        let context = try MessagingContext()
        let security = EndpointSecurity.server(own: keys, admits: list)
        let anyPort = try EndpointAddress("tcp://127.0.0.1:*")
        control = try ControlServer(context: context, endpoint: anyPort, security: security)
        bulk = try BulkServer(context: context, endpoint: anyPort, security: security)
    }

    static func endpoint(_ name: String, _ folder: TemporaryFolder) throws -> EndpointAddress {
        try EndpointAddress(ipcPath: folder.path(name))
    }

    func open(welcomes: Bool = true) {
        self.welcomes = welcomes
        listening = Task { for await event in control.events { hear(event) } }
        taking = Task {
            for await event in bulk.events { if case .received(let blob) = event { arrived.append(blob.id) } }
        }
    }

    func keepQuiet() { welcomes = false }

    func close() async {
        await control.close()
        await bulk.close()
        await listening?.value
        await taking?.value
    }

    private func hear(_ event: ControlEvent) {
        guard case .message(let peer, _, let data) = event else { return }
        self.peer = peer
        guard let message = try? WorkerMessage(decoding: data) else { return }
        heard.append(message)
        if case .hello = message, welcomes { say(.welcome(Welcome(heartbeatInterval: 0.1))) }
    }

    func say(_ message: CoordinatorMessage) {
        guard let peer, let data = try? message.encoded() else { return }
        control.send(data, to: peer)
    }

    func say(raw: String) {
        if let peer { control.send(Data(raw.utf8), to: peer) }
    }

    /// Serves a segment's packets, expects its result, and leases it.
    func lease(
        _ index: Int, number: Int = 1, slot: Int = 0, served: Bool = true, model: BlobReference? = nil,
        reference: ModelReference? = nil
    ) throws {
        let task = Self.task(index, number: number, model: reference)
        if served { try serve(task) }
        say(.lease(Lease(task: task, slot: slot, lifetime: 30, model: model)))
    }

    func serve(_ task: SegmentTask) throws {
        try bulk.serve(id: task.input.id, slices: [.bytes(Self.source)])
        expect(task.attempt)
    }

    func expect(_ attempt: AttemptID) {
        bulk.expect(id: Wire.encodedBlob(attempt), destination: folder.path(Self.file(attempt)), limit: 1 << 20)
    }

    static let source = Data("packets".utf8)
    static func attempt(_ index: Int, _ number: Int = 1) -> AttemptID {
        AttemptID(segment: SegmentID(job: JobID("test"), index: index), number: number)
    }
    static func file(_ attempt: AttemptID) -> String { "encoded-\(attempt.segment.index)-\(attempt.number)" }

    static func task(_ index: Int, number: Int = 1, model: ModelReference? = nil) -> SegmentTask {
        var task = StandIn.order(index).task
        task.attempt = attempt(index, number)
        if let model { task.recipe.model = model }
        task.input = BlobReference(
            id: Wire.sourceBlob(task.attempt), size: Int64(source.count),
            sha256: SHA256.hash(source).hexadecimal)
        return task
    }

    // MARK: Waiting

    /// Waits until `pick` gives something.
    func wait<T: Sendable>(_ what: String, _ pick: @Sendable ([WorkerMessage]) -> T?) async throws -> T {
        for _ in 0..<6000 {
            if let found = pick(heard) { return found }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Impatience(description: "the worker never said \(what); it said \(heard.suffix(20))")
    }

    func hello(_ count: Int = 1) async throws -> WorkerHello {
        try await wait("hello, \(count) times") { $0.hellos.dropFirst(count - 1).first }
    }

    func result(_ index: Int, count: Int = 1) async throws -> SegmentResult {
        try await wait("the result of \(index), \(count) times") { messages in
            messages.results.filter { $0.attempt.segment.index == index }.dropFirst(count - 1).first
        }
    }

    func failure(_ index: Int, count: Int = 1) async throws -> AttemptFailure {
        try await wait("the failure of \(index), \(count) times") { messages in
            messages.failures.filter { $0.attempt?.segment.index == index }.dropFirst(count - 1).first
        }
    }

    /// Waits for a heartbeat that names exactly these segments, said after `mark` messages.
    func heartbeat(naming indexes: [Int], after mark: Int = 0) async throws {
        _ = try await wait("a heartbeat with \(indexes)") { messages in
            messages.dropFirst(mark).contains { message in
                if case .heartbeat(let beat) = message {
                    beat.attempts.map(\.attempt.segment.index).sorted() == indexes
                } else {
                    false
                }
            } ? true : nil
        }
    }
}

extension [WorkerMessage] {
    var hellos: [WorkerHello] { compactMap { if case .hello(let hello) = $0 { hello } else { nil } } }
    var results: [SegmentResult] { compactMap { if case .result(let result) = $0 { result } else { nil } } }
    var failures: [AttemptFailure] { compactMap { if case .failure(let failure) = $0 { failure } else { nil } } }
    var calibrations: [Calibration] { compactMap { if case .calibrated(let found) = $0 { found } else { nil } } }
    var drainings: Int { count { $0 == .draining } }
    var hasGoodbye: Bool { contains(.goodbye) }
}

/// Waits until `condition` holds.
func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    for _ in 0..<6000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    throw StandInCoordinator.Impatience(description: "never came: \(what)")
}
