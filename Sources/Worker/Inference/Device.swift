internal import CTorch
internal import Foundation

/// What a network runs on.
public enum Device: Hashable, Sendable, CustomStringConvertible {
    case cpu
    case cuda(Int)

    /// As libtorch and the command line write it.
    public var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let index): "cuda:\(index)"
        }
    }

    /// The device that `text` (`auto`, `cpu`, `cuda`, `cuda:N`) means on this machine; `auto` is the first CUDA
    /// device where there is one.
    public static func resolve(_ text: String) throws(InferenceError) -> Device {
        try resolve(text, cudaDevices: Int(ct_cuda_device_count()))
    }

    /// The same where the machine has `cudaDevices`.
    static func resolve(_ text: String, cudaDevices: Int) throws(InferenceError) -> Device {
        switch text {
        case "auto": return cudaDevices > 0 ? .cuda(0) : .cpu
        case "cpu": return .cpu
        default: break
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.first == "cuda", parts.count <= 2, let index = parts.count == 1 ? 0 : Int(parts[1]), index >= 0
        else { throw InferenceError(.device, "unknown device '\(text)': use auto, cpu or cuda:N") }
        guard cudaDevices > 0 else {
            throw InferenceError(
                .device,
                "no CUDA device: libtorch \(InferenceRuntime.torchVersion) sees none (a libtorch built for CUDA and "
                    + "NVIDIA's driver are needed); use --device cpu")
        }
        guard index < cudaDevices else {
            let last = cudaDevices == 1 ? "only cuda:0" : "cuda:0 to cuda:\(cudaDevices - 1)"
            throw InferenceError(.device, "no device cuda:\(index): this machine has \(last)")
        }
        return .cuda(index)
    }
}

/// A device of this machine.
public struct DeviceInfo: Hashable, Sendable {
    public var device: Device
    /// The maker's name of it: results are bit-equal per device model and libtorch version.
    public var model: String
    /// In bytes: the device's own, or the machine's for the CPU.
    public var memory: UInt64
}

extension DeviceInfo {
    /// All devices of this machine: CUDA devices first, then the CPU.
    public static func all() -> [DeviceInfo] {
        (0..<Int(ct_cuda_device_count())).compactMap { try? DeviceInfo(.cuda($0)) } + [cpu()]
    }

    /// Asks the machine about `device`.
    public init(_ device: Device) throws(InferenceError) {
        guard case .cuda(let index) = device else {
            self = Self.cpu()
            return
        }
        var name = [CChar](repeating: 0, count: 256)
        var memory: UInt64 = 0
        try torch(.device, "asking for \(device)") {
            ct_cuda_device(Int32(index), &name, name.count, &memory, $0, $1)
        }
        let characters = name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
        self.init(device: device, model: String(decoding: characters, as: UTF8.self), memory: memory)
    }

    private static func cpu() -> DeviceInfo {
        let processor = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
        let line = processor?.split(separator: "\n").first { $0.hasPrefix("model name") }
        let name = line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
        return DeviceInfo(device: .cpu, model: name ?? "CPU", memory: ProcessInfo.processInfo.physicalMemory)
    }
}
