internal import FarmModel
internal import Foundation
internal import Processes

/// Asks a program something and waits for its end, but not for ever.
struct Inquiry: Sendable {
    let launch: Launch
    var limit = Duration.seconds(120)
    /// false: what it says on standard error goes to the worker's own.
    var keepsErrors = true

    struct Answer: Sendable {
        var lines: [String]
        var exit: Exit
        /// On standard error.
        var errors: [String]

        /// The first and the last line that it said: a crash says what it is at the one, and a loader what it lacks at the other.
        var words: String { Set(errors).count > 1 ? errors[0] + " … " + errors[errors.count - 1] : errors.first ?? "" }
    }

    /// - Throws: where it cannot be started, or has not ended in time: it is killed then.
    func ask() async throws(BoxError) -> Answer {
        let (errors, error) = AsyncStream.makeStream(of: Data.self)
        if !keepsErrors { error.finish() }
        let take: @Sendable (Data?) -> Void = { line in
            if let line { error.yield(line) } else { error.finish() }
        }
        let child: ChildProcess
        do { child = try ChildProcess(launch, name: "inquiry", errors: keepsErrors ? take : nil) } catch {
            let isThere = FileManager.default.fileExists(atPath: launch.executable)
            throw .cannotStart(launch.executable, isThere: isThere, error.reason)
        }
        defer { child.signal(SIGKILL) }
        guard let (lines, exit) = try? await child.heard(within: limit) else {
            throw BoxError(
                "`\(launch.executable) \(launch.arguments.joined(separator: " "))` has not answered for \(limit) and was killed"
            )
        }
        return Answer(
            lines: lines.map { String(decoding: $0, as: UTF8.self) }, exit: exit, errors: await Self.all(errors))
    }

    /// The end of what it wrote comes with its own, unless a child of its has that still: it is not waited for long.
    private static func all(_ errors: AsyncStream<Data>) async -> [String] {
        let reading = Task {
            var words: [String] = []
            for await line in errors { words.append(EngineLog.harmless(line)) }
            return words.filter { !$0.isEmpty }
        }
        let patience = Task {
            try await Task.sleep(for: .seconds(2))
            reading.cancel()
        }
        defer { patience.cancel() }
        return await reading.value
    }
}
