import FarmModel
import Inference
import Synchronization
import Testing

@testable import EngineCore

/// Whether a failure is a segment's, or the end of what this process can do with its device.
@Suite struct DeviceWatchTests {
    private func said(loss: String?, after error: any Error) -> [String] {
        let said = Mutex<[String]>([])
        DeviceWatch(loss: { loss }, end: { text in said.withLock { $0.append(text) } }).look(after: error)
        return said.withLock { $0 }
    }

    @Test func onlyALostDeviceEndsTheProcess() {
        let failure = InferenceError(.failed, "upscaling: CUDA error: unspecified launch failure")
        #expect(said(loss: nil, after: failure) == [])
        #expect(said(loss: "cuda:0 works no more", after: failure) == ["cuda:0 works no more"])
        #expect(said(loss: "cuda:0 works no more", after: AttemptCancelled()) == [])
    }

    @Test func theProcessorIsNeverLostAndADeviceThatIsNotThereIs() {
        #expect(InferenceRuntime.loss(of: .cpu) == nil)
        let loss = InferenceRuntime.loss(of: .cuda(63))
        #expect(loss?.hasPrefix("cuda:63 works no more: ") == true, "\(loss ?? "")")
    }
}
