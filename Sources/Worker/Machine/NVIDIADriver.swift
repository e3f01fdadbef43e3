internal import Foundation

/// NVIDIA's driver, asked without CUDA's toolkit or libtorch.
public enum NVIDIADriver: Sendable, Hashable {
    /// This machine has none.
    case absent
    /// There are traces of it, or it is there and does not work; `reason` says so.
    case broken(reason: String)
    /// - Parameter cuda: the newest CUDA it knows, such as 13000 for 13.0.
    case working(cuda: Int, devices: [Device])

    public struct Device: Hashable, Sendable {
        public var name: String
        /// In bytes.
        public var memory: UInt64

        public init(name: String, memory: UInt64) { (self.name, self.memory) = (name, memory) }
    }

    /// Whether its library is there, working or not.
    public static var isInstalled: Bool { library("libcuda.so.1") != nil }
    /// Decoding and encoding by the device's own units: libraries that come with the driver, not always.
    public static var hasDecoding: Bool { library("libnvcuvid.so.1") != nil }
    public static var hasEncoding: Bool { library("libnvidia-encode.so.1") != nil }

    /// Asks it. Blocks, for ever where the driver does.
    public static func find() -> NVIDIADriver {
        guard let library = library("libcuda.so.1") else {
            let trace = ["/proc/driver/nvidia/version", "/dev/nvidiactl"].first(where: FileManager.default.fileExists)
            return trace.map {
                .broken(reason: "\($0) is there and libcuda.so.1 is not: install the driver's libraries")
            }
                ?? .absent
        }
        do { return try Calls(library).ask() } catch { return .broken(reason: "\(error)") }
    }

    private static func library(_ name: String) -> UnsafeMutableRawPointer? { dlopen(name, RTLD_NOW) }

    /// The functions of the driver's interface that are asked here.
    private struct Calls {
        private typealias Initialise = @convention(c) (UInt32) -> Int32
        private typealias Count = @convention(c) (UnsafeMutablePointer<Int32>) -> Int32
        private typealias Get = @convention(c) (UnsafeMutablePointer<Int32>, Int32) -> Int32
        private typealias Name = @convention(c) (UnsafeMutablePointer<CChar>, Int32, Int32) -> Int32
        private typealias Memory = @convention(c) (UnsafeMutablePointer<Int>, Int32) -> Int32
        private typealias Explain = @convention(c) (Int32, UnsafeMutablePointer<UnsafePointer<CChar>?>) -> Int32

        /// CUDA_ERROR_NO_DEVICE: none is in the machine, or none is shown to this process.
        private static let noDevice: Int32 = 100

        private let library: UnsafeMutableRawPointer

        struct Failure: Error, CustomStringConvertible {
            let description: String
            init(_ text: String) { description = text }
        }

        init(_ library: UnsafeMutableRawPointer) { self.library = library }

        func ask() throws(Failure) -> NVIDIADriver {
            let began = try call("cuInit", as: Initialise.self)(0)
            var (version, count): (Int32, Int32) = (0, 0)
            try expectSuccess(try call("cuDriverGetVersion", as: Count.self)(&version), "cuDriverGetVersion")
            if began == Self.noDevice { return .working(cuda: Int(version), devices: []) }
            try expectSuccess(began, "cuInit")
            try expectSuccess(try call("cuDeviceGetCount", as: Count.self)(&count), "cuDeviceGetCount")
            var devices: [Device] = []
            for index in 0..<count { devices.append(try device(index)) }
            return .working(cuda: Int(version), devices: devices)
        }

        private func device(_ index: Int32) throws(Failure) -> Device {
            var (handle, memory): (Int32, Int) = (0, 0)
            var name = [CChar](repeating: 0, count: 256)
            try expectSuccess(try call("cuDeviceGet", as: Get.self)(&handle, index), "cuDeviceGet")
            try expectSuccess(try call("cuDeviceGetName", as: Name.self)(&name, 256, handle), "cuDeviceGetName")
            try expectSuccess(try call("cuDeviceTotalMem_v2", as: Memory.self)(&memory, handle), "cuDeviceTotalMem")
            let characters = name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
            return Device(name: String(decoding: characters, as: UTF8.self), memory: UInt64(memory))
        }

        private func call<Function>(_ name: String, as type: Function.Type) throws(Failure) -> Function {
            guard let symbol = dlsym(library, name) else { throw Failure("the driver's libcuda.so.1 has no \(name)") }
            return unsafeBitCast(symbol, to: type)
        }

        private func expectSuccess(_ result: Int32, _ name: String) throws(Failure) {
            guard result != 0 else { return }
            var text: UnsafePointer<CChar>?
            _ = try call("cuGetErrorString", as: Explain.self)(result, &text)
            throw Failure("the driver's \(name) answers \(result) (\(text.map { String(cString: $0) } ?? "unknown"))")
        }
    }
}
