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
        guard let answer = await answer(of: child, errors) else {
            throw BoxError(
                "`\(launch.executable) \(launch.arguments.joined(separator: " "))` has not answered for \(limit) and was killed"
            )
        }
        return answer
    }

    /// nil where the time is over.
    private func answer(of child: ChildProcess, _ errors: AsyncStream<Data>) async -> Answer? {
        await withTaskGroup(of: Answer?.self) { group in
            group.addTask {
                var (lines, words) = ([String](), [String]())
                for await line in child.lines { lines.append(String(decoding: line, as: UTF8.self)) }
                for await line in errors { words.append(EngineLog.harmless(line)) }
                return Answer(lines: lines, exit: await child.exit(), errors: words.filter { !$0.isEmpty })
            }
            group.addTask { [limit] in
                try? await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}
