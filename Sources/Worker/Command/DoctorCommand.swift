import ArgumentParser
import Foundation
import Models
import Program
import WorkerCore

/// `worker doctor`: what is here, what is missing, and what to do about it.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Say what this machine has, what it lacks, and what to do about it.",
        discussion: """
            Looks at memory, driver, devices, libtorch, models and disk, starts an engine, and where a key or an endpoint is given reaches \
            for the coordinator. The exit status is 0 where a worker can work, and 1 where not.
            """)

    @Option(help: "The coordinator's control endpoint; by default the key file's.")
    var coordinator: String?

    @Option(help: "The coordinator's bulk endpoint; by default the key file's, or beside the control endpoint.")
    var bulk: String?

    @Option(help: "The worker's key file.")
    var key: String?

    @Option(help: "auto, cpu, or cuda:N.")
    var device = "auto"

    @Option(help: "Directory where calibrations and fetched models are kept.")
    var cache: String = CacheDirectory.standard

    @Flag(help: "One JSON document.")
    var json = false

    func validate() throws {
        let isKnown =
            ["auto", "cpu", "cuda"].contains(device) || device.hasPrefix("cuda:") && Int(device.dropFirst(5)) != nil
        guard isKnown else { throw ValidationError("unknown device '\(device)': use auto, cpu or cuda:N") }
    }

    func run() async throws {
        let doctor = Doctor(device: device, models: ModelLibrary(), cache: cache, farm: farm)
        let findings = Diagnosis(await doctor.facts()).findings
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(findings), as: UTF8.self))
        } else {
            for finding in findings { print(text(finding)) }
        }
        fflush(nil)
        if findings.contains(where: { $0.status == .problem }) { throw CommandError(1, "") }
    }

    private var farm: Result<FarmAccess, any Error>? {
        let environment = ProcessInfo.processInfo.environment
        let names = ["UPSCALE_FARM_COORDINATOR", "UPSCALE_FARM_KEY"].compactMap { environment[$0] }.filter {
            !$0.isEmpty
        }
        guard coordinator != nil || bulk != nil || key != nil || !names.isEmpty else { return nil }
        return Result { try FarmAccess(coordinator: coordinator, bulk: bulk, key: key, environment: environment) }
    }

    private func text(_ finding: Finding) -> String {
        let mark = finding.status == .problem ? "PROBLEM" : finding.status.rawValue
        let head = mark.padding(toLength: 9, withPad: " ", startingAt: 0)
        let subject = finding.subject.padding(toLength: max(10, finding.subject.count + 1), withPad: " ", startingAt: 0)
        let remedy = finding.remedy.map { "\n" + String(repeating: " ", count: 19) + "→ " + $0 } ?? ""
        return head + subject + finding.text + remedy
    }
}
