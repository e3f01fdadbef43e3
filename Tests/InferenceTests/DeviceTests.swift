import Testing

@testable import Inference

@Suite struct DeviceTests {
    @Test func textMeansADevice() throws {
        #expect(try Device.resolve("auto", cudaDevices: 0) == .cpu)
        #expect(try Device.resolve("auto", cudaDevices: 2) == .cuda(0))
        #expect(try Device.resolve("cpu", cudaDevices: 2) == .cpu)
        #expect(try Device.resolve("cuda", cudaDevices: 1) == .cuda(0))
        #expect(try Device.resolve("cuda:1", cudaDevices: 2) == .cuda(1))
    }

    @Test(arguments: [
        ("cuda:0", 0, "no CUDA device: libtorch"), ("cuda:2", 2, "cuda:0 to cuda:1"), ("cuda:1", 1, "only cuda:0"),
        ("gpu", 1, "unknown device 'gpu'"), ("cuda:x", 1, "unknown device"), ("cuda:-1", 1, "unknown device"),
    ])
    func whatIsNotThereIsSaid(text: String, devices: Int, reason: String) {
        let error = #expect(throws: InferenceError.self) { try Device.resolve(text, cudaDevices: devices) }
        #expect(error?.message.contains(reason) == true)
        #expect(error?.kind == .device)
    }

    @Test func theProcessorIsListedLast() {
        let devices = DeviceInfo.all()
        #expect(devices.last?.device == .cpu)
        #expect(devices.last?.model.isEmpty == false && (devices.last?.memory ?? 0) > 0)
    }

    @Test func halfPrecisionNeedsCUDA() async throws {
        let path = try await StandIn.blur2.path
        let error = #expect(throws: InferenceError.self) {
            try Network(.file(path), device: .cpu, precision: .fp16)
        }
        #expect(error?.message.contains("fp16 needs a CUDA device") == true)
    }
}
