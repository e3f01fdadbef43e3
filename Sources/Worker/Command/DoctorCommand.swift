import ArgumentParser
import FarmModel
import Foundation
import Models
import Processes
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

    @OptionGroup var farm: FarmOptions

    @Option(help: "auto, cpu, or cuda:N.")
    var device = "auto"

    @Option(help: "Directory where calibrations and fetched models are kept.")
    var cache: String = CacheDirectory.standard

    @Flag(help: "One JSON document.")
    var json = false

    func validate() throws {
        guard DeviceName(device) != nil else { throw ValidationError(DeviceName.refusal(of: device)) }
    }

    func run() async throws {
        let access = farm.areGiven ? Result { try farm.access() } : nil
        let doctor = Doctor(device: device, models: ModelLibrary(), cache: cache, farm: access)
        let findings = Diagnosis(await doctor.facts()).findings
        if json {
            print(String(decoding: try JSONLine.encode(findings), as: UTF8.self), terminator: "")
        } else {
            for finding in findings { print(text(finding)) }
        }
        fflush(nil)
        if findings.contains(where: { $0.status == .problem }) { throw CommandError(1, "") }
    }

    private func text(_ finding: Finding) -> String {
        let mark = finding.status == .problem ? "PROBLEM" : finding.status.rawValue
        let head = mark.padding(toLength: 9, withPad: " ", startingAt: 0)
        let subject = finding.subject.padding(toLength: max(10, finding.subject.count + 1), withPad: " ", startingAt: 0)
        let remedy = finding.remedy.map { "\n" + String(repeating: " ", count: 19) + "→ " + $0 } ?? ""
        return head + subject + finding.text + remedy
    }
}
