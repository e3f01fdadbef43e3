internal import Logging
internal import Messaging

/// Finds out whether the coordinator's endpoints can be reached and let this worker in. It says nothing there: a handshake is enough,
/// and no worker is announced.
struct FarmProbe {
    let access: FarmAccess
    /// How long an endpoint may take.
    var patience = Duration.seconds(5)

    func ask() async -> FarmAnswer {
        if access.keyRole == .client { return .unusable(Self.refusal(ofClient: access.keyName ?? "")) }
        do {
            for endpoint in [access.control, access.bulk] {
                if let refusal = try await refusal(of: endpoint) { return refusal }
            }
        } catch {
            return .unusable(error.reason)
        }
        return .admitted(control: "\(access.control)", bulk: "\(access.bulk)", key: access.keyName)
    }

    /// A handshake admits a client, whose messages are then no worker's.
    private static func refusal(ofClient name: String) -> String {
        "the key \(name) is a client's, and lets no worker work: have one made with `coordinator keys new --role worker`"
    }

    /// What is said for certain, or the last that was said when the time was over.
    private static func verdict(_ events: AsyncStream<ClientEvent>) async -> ClientEvent? {
        var last: ClientEvent?
        for await event in events {
            switch event {
            case .connected, .denied(_, isCertain: true): return event
            case .denied: last = event
            default: continue
            }
        }
        return last
    }

    private func refusal(of endpoint: EndpointAddress) async throws -> FarmAnswer? {
        let context = try MessagingContext()
        let client = try ControlClient(
            context: context, endpoint: endpoint, security: access.security, logger: Logger(label: "doctor"))
        let patience = patience
        let answer = await withTaskGroup(of: ClientEvent?.self) { group in
            group.addTask { await Self.verdict(client.events) }
            group.addTask {
                try? await Task.sleep(for: patience)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return if let first { first } else { await group.next() ?? nil }
        }
        await client.close()
        await context.shutDown()
        switch answer {
        case .connected: return nil
        case .denied(let reason, _): return .denied(endpoint: "\(endpoint)", reason: reason)
        default: return .silent(endpoint: "\(endpoint)")
        }
    }
}
