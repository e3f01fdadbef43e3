import Foundation

/// Ctrl-C and SIGTERM: what runs is cancelled, its state is kept, and the exit status is 130.
enum Interrupt {
    static func ending(
        saying words: String = "what is done is kept; the same command goes on",
        _ work: @escaping @Sendable () async throws -> Void
    ) async throws {
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
            if !words.isEmpty { Output.error("\ninterrupted: \(words)\n") }
            throw ExitStatus(code: 130)
        }
    }

    /// For commands that only look: a signal ends them, and there is nothing to say about it.
    static func quietly(_ work: @escaping @Sendable () async throws -> Void) async throws {
        let task = Task { try await work() }
        signal(SIGINT, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler {
            task.cancel()
            signal(SIGINT, SIG_DFL)  // a second one ends at once
        }
        source.resume()
        defer { source.cancel() }
        do { try await task.value } catch { if !task.isCancelled { throw error } }
    }

    /// For a service, which is told to stop and then has done what it should.
    static func stopping(_ work: @escaping @Sendable () async throws -> Void) async throws {
        do { try await ending(saying: "", work) } catch is ExitStatus {}
    }
}
