import Foundation

/// Ctrl-C and SIGTERM: what runs is cancelled, its state is kept, and the exit status is 130.
enum Interrupt {
    static func ending(_ work: @escaping @Sendable () async throws -> Void) async throws {
        let task = Task { try await work() }
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { task.cancel() }
            source.resume()
            return source
        }
        defer { sources.forEach { $0.cancel() } }
        do { try await task.value } catch {
            guard task.isCancelled else { throw error }
            FileHandle.standardError.write(Data("\ninterrupted: what is done is kept; the same command goes on\n".utf8))
            throw ExitStatus(code: 130)
        }
    }
}
