import FarmModel
import FarmProtocol
import Foundation
import Messaging
import Scheduling

/// What comes in over the sockets.
extension Dispatcher {
    /// Events that may wait before the sockets are read no further: a flood then fills the flooder's own connection.
    static var mostWaiting: Int { 4096 }

    func receive() async {
        for await event in control.events {
            switch event {
            case .message(let peer, let sender, let data): hear(data, from: peer, sender)
            case .unreachable(let peer): submit(.workerUnreachable(WorkerID(peer)))
            case .revoked(let peer): submit(.workerGone(WorkerID(peer)))
            }
            // While nothing can be decided on for want of space, people must be heard: they make it.
            while inbox.count > Self.mostWaiting, !isWaitingForSpace, !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    /// The channel stops where nobody listens.
    func receiveBlobs() async {
        for await event in bulk.events {
            switch event {
            case .received(let blob): await take(blob)
            case .noSpace(let id, _): await ranOutOfSpace(for: id)
            case .refused(let id, let reason):
                logger.warning("a file did not arrive whole", metadata: ["blob": "\(id)", "reason": "\(reason)"])
            }
        }
    }

    private func hear(_ data: Data, from peer: PeerID, _ sender: Sender) {
        let worker = WorkerID(peer)
        do {
            switch try IncomingMessage(decoding: data) {
            case .client(let request): answer(request, to: peer, sender)
            case .worker(let message):
                guard sender.may(.worker) else {
                    return send(.reject(reason: "the key \(sender.name ?? "") is no worker's"), to: worker)
                }
                hear(message, from: worker, sender)
            }
        } catch {
            let complaint = Self.complaint(error)
            unusable += 1
            // Whoever sends such things may send many.
            if unusable.nonzeroBitCount == 1 {
                logger.warning(
                    "a message that cannot be used",
                    metadata: [
                        "peer": "\(sender.name ?? "\(peer)")", "error": "\(complaint)", "so far": "\(unusable)",
                    ])
            }
            send(.reject(reason: complaint), to: worker)
        }
    }

    private func hear(_ message: WorkerMessage, from worker: WorkerID, _ sender: Sender) {
        guard !isWaitingForSpace || inbox.count <= Self.mostWaiting else {
            passedOver.insert(worker)
            return
        }
        switch message {
        case .hello(let hello):
            if let fault = hello.fault { return send(.reject(reason: fault), to: worker) }
            guard sender.owns(workerName: hello.worker.name) else {
                let reason = "the key \(sender.name ?? "") is not for a worker called \(hello.worker.name)"
                return send(.reject(reason: reason), to: worker)
            }
            arriving[worker] = sender
            submit(.workerConnected(worker, hello))
        case .heartbeat(let heartbeat): submit(.heartbeat(worker, heartbeat))
        case .calibrated(let calibration): submit(.calibrated(worker, calibration))
        case .failure(let failure): submit(.failed(worker, told(failure).bounded))
        case .draining: submit(.drain(worker))
        case .goodbye: submit(.goodbye(worker))
        case .result(let result): Task { await check(result, from: worker) }
        }
    }

    /// A worker knows frames and not the film: what its user can do takes a time.
    private func told(_ failure: AttemptFailure) -> AttemptFailure {
        guard let frame = failure.misfit, let job = jobs[failure.job], job.table.timestamps.indices.contains(frame)
        else {
            return failure
        }
        var failure = failure
        let time = job.table.time(of: frame, from: job.source.start)
        failure.reason +=
            ", \(time) s after its start; one job takes pictures of one kind: upscale the parts on their own, with "
            + "--to \(time) and --from \(time)"
        return failure
    }

    /// Beside the loop: reading the store and hashing films take their time.
    private func answer(_ request: ClientRequest, to peer: PeerID, _ sender: Sender) {
        guard let desk else {
            return send(.reject(reason: "this coordinator serves one machine only"), to: WorkerID(peer))
        }
        let control = control
        let logger = logger
        Task {
            let reply = await desk(request, sender)
            do { control.send(try Self.encoded(reply), to: peer) } catch {
                logger.error("cannot write an answer: \(error)")
            }
        }
    }

    /// Whoever asks hears something: that it is too much, or why it cannot be told.
    static func encoded(_ reply: ClientReply) throws -> Data {
        let fault: String
        do {
            let data = try reply.encoded()
            if data.count <= Wire.maximumMessageSize { return data }
            fault = "the answer has \(data.count) bytes, more than a message may have: ask for less"
        } catch { fault = "the answer cannot be written: \(error.reason)" }
        return try ClientReply(id: reply.id, answer: .refused(CoordinatorError(.farm, fault).refusal)).encoded()
    }

    /// In the words of the other side's user: "this side" there would be theirs.
    private static func complaint(_ error: any Error) -> String {
        guard case .version(let theirs)? = error as? WireError else { return "\(error)".harmless.prefix(utf8: 1000) }
        let older = theirs < Wire.version ? "the side that connects" : "the coordinator"
        return "it speaks protocol version \(Wire.version), and this side \(theirs): upgrade \(older)"
    }

    func send(_ message: CoordinatorMessage, to worker: WorkerID) {
        do { control.send(try message.encoded(), to: PeerID(worker)) } catch {
            logger.error("cannot write a message: \(error)")
        }
    }

    func welcome(_ worker: WorkerID) {
        let pace = HeartbeatPace(usual: heartbeatInterval, leaseLifetime: scheduler.configuration.leaseLifetime)
        send(.welcome(Welcome(heartbeatInterval: pace.interval(workers: scheduler.connectionCount))), to: worker)
    }
}

extension Sender {
    /// A worker is called as its key, or so with something after a dot: nobody takes another's place.
    func owns(workerName: String) -> Bool {
        guard let name else { return true }
        return workerName == name || workerName.hasPrefix(name + ".")
    }
}
