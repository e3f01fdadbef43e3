import FarmModel
public import FarmProtocol
import Foundation
import Logging
import Messaging

/// A command's connection to a running coordinator. Requests outlive a connection: they are asked again on the next one.
public actor FarmClient {
    private let access: FarmAccess
    private let context: MessagingContext
    private let control: ControlClient
    let bulk: BulkClient
    /// Seconds without any connection after which a request fails; infinite waits for ever.
    public private(set) var patience: Double
    private var waiting: [Int64: Waiting] = [:]
    private var lastID = Int64.random(in: 0..<1 << 40)
    /// When the connection was lost, or the client was made; nil while one stands.
    private var awaySince: Double? = Monotonic.seconds

    private struct Waiting {
        var message: Data
        var answer: CheckedContinuation<ClientReply.Answer, any Error>
    }

    /// - Throws: `CoordinatorError`
    public init(_ access: FarmAccess, patience: Double = 15) throws {
        self.access = access
        self.patience = patience
        do {
            let quiet = Logger(label: "client") { _ in SwiftLogNoOpLogHandler() }
            context = try MessagingContext()
            control = try ControlClient(
                context: context, endpoint: try EndpointAddress(access.control), security: access.security,
                logger: quiet)
            bulk = try BulkClient(
                context: context, endpoint: try EndpointAddress(access.bulk), security: access.security, logger: quiet)
        } catch { throw CoordinatorError(error) }
        Task { await listen() }
        Task { await keepTime() }
    }

    /// Ends what still waits, and returns when the sockets are closed.
    public func close() async {
        end(CoordinatorError(.farm, "the connection was closed"))
        await control.close()
        await bulk.close()
        await context.shutDown()
    }

    /// From now on a coordinator that is away is waited for, as long as it takes.
    public func beEndlesslyPatient() { patience = .infinity }

    /// Asks, and returns the answer.
    /// - Throws: `CoordinatorError` where the coordinator refuses, or cannot be reached.
    public func ask(_ ask: ClientRequest.Ask) async throws -> ClientReply.Answer {
        lastID += 1
        let request = ClientRequest(id: lastID, ask: ask)
        let message = try request.encoded()
        let answer = try await withCheckedThrowingContinuation { continuation in
            waiting[request.id] = Waiting(message: message, answer: continuation)
            if awaySince == nil { control.send(message) }
        }
        if case .refused(let refusal) = answer { throw CoordinatorError(refusal) }
        return answer
    }

    /// The error for an answer of another kind than the question's.
    func unexpected(_ answer: ClientReply.Answer) -> CoordinatorError {
        CoordinatorError(.farm, "\(access.control): an answer that does not fit the question; upgrade the older side")
    }

    private func listen() async {
        for await event in control.events {
            switch event {
            case .connected:
                awaySince = nil
                for request in waiting.values { control.send(request.message) }
            case .disconnected: awaySince = Monotonic.seconds
            case .message(let data): hear(data)
            case .denied: denied()
            case .undelivered: break  // asked again with the next connection
            }
        }
        end(CoordinatorError(.farm, "the connection to \(access.control) was closed"))
    }

    private func denied() {
        let name = access.name.map { "the key \($0)" } ?? "this client"
        end(
            CoordinatorError(
                .farm, "\(access.control) does not admit \(name): it was revoked, or is another coordinator's"))
    }

    private func hear(_ data: Data) {
        if let reply = try? ClientReply(decoding: data) {
            waiting.removeValue(forKey: reply.id)?.answer.resume(returning: reply.answer)
        } else {
            end(CoordinatorError(.farm, "\(access.control): \(Self.refusal(in: data))"))
        }
    }

    /// What the coordinator says to a peer that it does not serve, or why it cannot be understood.
    private static func refusal(in data: Data) -> String {
        do {
            guard case .reject(let reason) = try CoordinatorMessage(decoding: data) else { return "not an answer" }
            return reason
        } catch { return error.reason }
    }

    private func end(_ error: CoordinatorError) {
        for request in waiting.values { request.answer.resume(throwing: error) }
        waiting = [:]
    }

    private func keepTime() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(250))
            guard let awaySince, Monotonic.seconds - awaySince > patience else { continue }
            let key = access.name.map { ", and does it admit the key \($0)?" } ?? "?"
            end(
                CoordinatorError(
                    .farm,
                    "no connection to \(access.control) within \(Int(patience)) s: is the coordinator running\(key)"))
        }
    }
}

extension CoordinatorError {
    init(_ refusal: Refusal) {
        let kind: Kind =
            switch refusal.kind {
            case .job: .job
            case .usage: .usage
            case .file: .file
            case .farm: .farm
            }
        self.init(kind, refusal.message)
    }

    var refusal: Refusal {
        let kind: Refusal.Kind =
            switch kind {
            case .job: .job
            case .usage: .usage
            case .file: .file
            case .farm: .farm
            }
        return Refusal(kind, message)
    }
}
