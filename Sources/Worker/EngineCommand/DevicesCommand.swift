import ArgumentParser
import Inference
import Processes

/// `worker-engine devices`: for the worker, which links no libtorch.
struct DevicesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices", abstract: "The devices that a name means, a line each.", shouldDisplay: false)

    @Argument(help: "auto, cpu, cuda or cuda:N; auto is every CUDA device, or the CPU where there is none.")
    var device = "auto"

    func run() throws {
        Lifeline.hold()
        guard device == "auto" else { return print(try Device.resolve(device)) }
        let cuda = DeviceInfo.all().map(\.device).filter { $0 != .cpu }
        for device in cuda.isEmpty ? [.cpu] : cuda { print(device) }
    }
}
