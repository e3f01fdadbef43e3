public import ServiceLifecycle

/// A worker as a service: a graceful shutdown (SIGTERM) drains it.
public struct WorkerService: Service {
    private let session: WorkerSession

    public init(_ session: WorkerSession) { self.session = session }

    public func run() async throws {
        try await withGracefulShutdownHandler {
            try await session.run()
        } onGracefulShutdown: {
            Task { await session.drain() }
        }
    }
}
