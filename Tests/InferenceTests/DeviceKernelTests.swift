import FarmModel
import Foundation
import Hashing
import Testing

@testable import Inference

/// What can be seen of a device's kernels where there is no device; `device-check` sees the rest where there is one.
struct DeviceKernelTests {
    /// Images are committed, so that a build needs no CUDA; they must be of these sources.
    @Test func imagesAreOfTheSources() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources/Worker/CTorch/Kernels").standardizedFileURL
        let recorded = try String(contentsOf: folder.appendingPathComponent("images.sha256"), encoding: .utf8)
            .split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        let sources = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0 != "images.sha256" }
        #expect(Set(recorded.map { $0[1] }) == Set(sources.map { "./\($0)" }))
        for line in recorded {
            let data = try Data(contentsOf: folder.appendingPathComponent(line[1]))
            let digest = SHA256.hash(data).hexadecimal
            #expect(digest == line[0], "\(line[1]) was changed: make kernels")
        }
    }

    @Test func aDeviceWithoutKernelsSaysWhy() {
        #expect(InferenceRuntime.kernelsProblem(on: .cpu)?.contains("CPU") == true)
    }

    @Test func aBufferCanLieInMemoryOfAnother() throws {
        let format = PictureFormat(
            width: 30, height: 20, layout: PixelLayout(family: .yuv, bitDepth: 8, chromaShiftX: 1, chromaShiftY: 1),
            color: ColorDescription())
        weak var owner: Lent?
        do {
            let picture = PictureBuffer(format: format) { bytes in
                let lent = Lent(bytes: bytes)
                owner = lent
                return lent
            }
            #expect(owner.map { UnsafeRawPointer($0.pointer) } == picture.plane(0))
            #expect(owner.map { $0.bytes >= 64 * 20 + 2 * 64 * 10 } == true)
        }
        #expect(owner == nil)
    }

    // Sendable by hand: nothing changes after it was made.
    private final class Lent: HostMemory, @unchecked Sendable {
        let pointer: UnsafeMutableRawPointer
        let bytes: Int
        init(bytes: Int) {
            self.bytes = bytes
            pointer = .allocate(byteCount: bytes, alignment: 64)
        }
        deinit { pointer.deallocate() }
    }
}
