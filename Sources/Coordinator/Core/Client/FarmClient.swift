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
    /// Why no connection came about, where that may pass.
    private var denial: String?
    private var lastHeard = Monotonic.seconds
    /// When the coordinator was asked whether it is there, and has not said so yet.
    private var pingedAt: Double?

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
        let answer = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation {
                (continuation: CheckedContinuation<ClientReply.Answer, any Error>) in
                guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
                waiting[request.id] = Waiting(message: message, answer: continuation)
                if awaySince == nil { control.send(message) }
            }
        } onCancel: {
            Task { await self.giveUp(request.id) }
        }
        if case .refused(let refusal) = answer { throw CoordinatorError(refusal) }
        return answer
    }

    private func giveUp(_ id: Int64) {
        waiting.removeValue(forKey: id)?.answer.resume(throwing: CancellationError())
    }

    /// Seconds since the connection was lost, or since this client was made without one; nil while one stands.
    public var secondsAway: Double? { awaySince.map { Monotonic.seconds - $0 } }

    /// The error for an answer of another kind than the question's.
    func unexpected(_ answer: ClientReply.Answer) -> CoordinatorError {
        CoordinatorError(.farm, "\(access.control): an answer that does not fit the question; upgrade the older side")
    }

    private func listen() async {
        for await event in control.events {
            switch event {
            case .connected:
                (awaySince, lastHeard, denial) = (nil, Monotonic.seconds, nil)
                for request in waiting.values { control.send(request.message) }
            case .disconnected: awaySince = Monotonic.seconds
            case .message(let data):
                (lastHeard, pingedAt) = (Monotonic.seconds, nil)
                hear(data)
            case .denied(_, isCertain: true): denied()
            case .denied(let reason, isCertain: false): denial = reason
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
            if awaySince == nil { lookForSilence() } else { lookForAbsence() }
        }
    }

    private func lookForAbsence() {
        guard let awaySince, Monotonic.seconds - awaySince > patience else { return }
        let key = access.name.map { ", and does it admit the key \($0)?" } ?? "?"
        let why = denial.map { " (\($0))" } ?? ""
        end(
            CoordinatorError(
                .farm,
                "no connection to \(access.control) within \(Int(patience)) s\(why): is the coordinator running\(key)"))
    }

    /// A connection may stand and nobody listen: a coordinator that hangs, or one that has revoked this key. What takes
    /// long does not keep others from their answers, so one that is there says so at once.
    private func lookForSilence() {
        let now = Monotonic.seconds
        guard !waiting.isEmpty, now - lastHeard > Self.quiet else { return }
        guard let pingedAt else {
            pingedAt = now
            lastID += 1
            if let ping = try? ClientRequest(id: lastID, ask: .ping).encoded() { control.send(ping) }
            return
        }
        let limit = patience == .infinity ? Self.longestSilence : max(patience, Self.quiet)
        guard now - pingedAt > limit else { return }
        end(
            CoordinatorError(
                .farm,
                "\(access.control) is connected and does not answer: it hangs, or this key was revoked meanwhile"))
    }

    /// Seconds without a word, while something is asked, after which the coordinator is asked whether it is there.
    private static let quiet = 5.0
    /// Seconds that it may then be silent where it is waited for however long it is away.
    private static let longestSilence = 180.0
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
