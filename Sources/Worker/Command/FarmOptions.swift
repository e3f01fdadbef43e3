import ArgumentParser
import Foundation
import WorkerCore

/// Where the coordinator is, and what lets the worker in.
struct FarmOptions: ParsableArguments {
    @Option(
        help: """
            The coordinator's control endpoint, as `tcp://farm:5555` or `ipc:///path/control`; by default the key file's \
            (environment: UPSCALE_FARM_COORDINATOR).
            """)
    var coordinator: String?

    @Option(help: "The coordinator's bulk endpoint; by default the key file's, or beside the control endpoint.")
    var bulk: String?

    @Option(
        help: """
            The key file, made with `coordinator keys new --role worker`; tcp:// needs one (environment: \
            UPSCALE_FARM_KEY).
            """)
    var key: String?

    private var environment: [String: String] { ProcessInfo.processInfo.environment }

    /// Whether anything says where the coordinator is.
    var areGiven: Bool {
        coordinator != nil || bulk != nil || key != nil || FarmAccess.isNamed(in: environment)
    }

    func access() throws -> FarmAccess {
        try FarmAccess(coordinator: coordinator, bulk: bulk, key: key, environment: environment)
    }
}
