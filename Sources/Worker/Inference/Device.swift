internal import CTorch
internal import FarmModel
internal import Foundation
internal import Machine

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

    /// As CUDA counts its devices; nil for the CPU.
    public var cudaIndex: Int? { if case .cuda(let index) = self { index } else { nil } }

    /// The device that `text` (`auto`, `cpu`, `cuda`, `cuda:N`) means on this machine; `auto` is the first CUDA
    /// device where there is one.
    public static func resolve(_ text: String) throws(InferenceError) -> Device {
        try resolve(text, cudaDevices: Int(ct_cuda_device_count()))
    }

    /// The same where the machine has `cudaDevices`.
    static func resolve(_ text: String, cudaDevices: Int) throws(InferenceError) -> Device {
        switch DeviceName(text) {
        case nil: throw InferenceError(.device, DeviceName.refusal(of: text))
        case .auto: return cudaDevices > 0 ? .cuda(0) : .cpu
        case .cpu: return .cpu
        case .cuda(let index): return try cuda(index, of: cudaDevices)
        }
    }

    private static func cuda(_ index: Int, of cudaDevices: Int) throws(InferenceError) -> Device {
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
        switch NVIDIADriver.find() {
        case .absent: throw InferenceError(.device, "asking for \(device): this machine has no NVIDIA driver")
        case .broken(let reason): throw InferenceError(.device, "asking for \(device): \(reason)")
        case .working(_, let devices):
            guard devices.indices.contains(index) else {
                throw InferenceError(.device, "asking for \(device): the driver shows \(devices.count) devices")
            }
            self.init(device: device, model: devices[index].name, memory: devices[index].memory)
        }
    }

    private static func cpu() -> DeviceInfo {
        let processor = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
        let line = processor?.split(separator: "\n").first { $0.hasPrefix("model name") }
        let name = line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
        return DeviceInfo(device: .cpu, model: name ?? "CPU", memory: ProcessInfo.processInfo.physicalMemory)
    }
}
