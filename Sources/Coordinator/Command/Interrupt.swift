import Foundation

/// Ctrl-C and SIGTERM: what runs is cancelled, its state is kept, and the exit status is 130.
enum Interrupt {
    static func ending(_ work: @escaping @Sendable () async throws -> Void) async throws {
        let task = Task { try await work() }
        let sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                task.cancel()
                signal(number, SIG_DFL)  // a second one ends at once
            }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        do { try await task.value } catch {
            guard task.isCancelled else { throw error }
            Output.error("\ninterrupted: what is done is kept; the same command goes on\n")
            throw ExitStatus(code: 130)
        }
    }
}
