import FarmModel
import Foundation
import Logging
import Processes
import Scheduling

/// The operator's hook: a shell command that is run when a job has ended.
struct ExecAfter: Sendable {
    let command: String
    let logger: Logger

    private static let longest = Duration.seconds(600)

    /// Runs it to its end, whatever that is: a hook that fails is logged, and changes nothing.
    func run(job: JobID, state: JobState, film: String, output: String, reason: String) async {
        let launch = Launch(
            executable: "/bin/sh", arguments: ["-c", command],
            environment: [
                "UPSCALE_FARM_JOB": job.rawValue, "UPSCALE_FARM_STATE": state.rawValue, "UPSCALE_FARM_FILM": film,
                "UPSCALE_FARM_OUTPUT": output, "UPSCALE_FARM_REASON": reason,
            ])
        let details: Logger.Metadata = ["job": "\(job)", "command": "\(command)"]
        do {
            let child = try ChildProcess(launch, name: "exec-after", reads: false)
            let limit = Task {
                try await Task.sleep(for: Self.longest)
                logger.warning("--exec-after takes longer than \(Self.longest), and is killed", metadata: details)
                child.signal(SIGKILL)
            }
            defer { limit.cancel() }
            for await line in child.lines {
                logger.info("exec-after: \(String(decoding: line, as: UTF8.self))", metadata: details)
            }
            let exit = await child.exit()
            if !exit.isSuccess { logger.warning("--exec-after \(exit)", metadata: details) }
        } catch { logger.warning("--exec-after cannot be started: \(error.reason)", metadata: details) }
    }
}
