import FarmModel
import Foundation
import Testing

@testable import Inference

/// Pictures as hardware decoders leave them: the CPU stands in for the device, whose memory it can read.
@Suite struct DevicePictureTests {
    private static let formats = [PictureFormat.make(34, 26), .make(35, 27), .make(34, 26, depth: 10)]

    private func upscaled(_ picture: any PlanarPicture, defers: Bool = false) throws -> [[Int]] {
        let upscaler = try Upscaler.cpu(.nearest(2), picture.format, scale: 2, plain: defers, defers: defers)
        let early = try upscaler.take([picture], numbers: [7])
        return try #require((early + upscaler.finish()).first).picture.samples
    }

    @Test(arguments: formats) func chromaThatAlternatesAndValuesAboveTheLowBits(format: PictureFormat) throws {
        let plain = PictureBuffer.noise(format, seed: 3)
        let surface = Surface(plain)
        #expect(try upscaled(surface) == upscaled(plain))
        #expect(try upscaled(surface, defers: true) == upscaled(plain, defers: true))
    }

    @Test(arguments: formats) func aCopyIsItsOwn(format: PictureFormat) throws {
        let plain = PictureBuffer.noise(format, seed: 4)
        let surface = Surface(plain)
        let copy = try DevicePicture(copying: surface, on: .cpu)
        surface.wipe()
        #expect(copy.format == format && copy.memory == surface.memory && copy.messages == surface.messages)
        #expect(copy.plane(2) == copy.plane(1) + format.layout.bytesPerSample && copy.stride(1) == copy.stride(2))
        #expect(try upscaled(copy) == upscaled(plain))
    }

    /// Alpha too; the sum of 16 bits has a sign for libtorch 1.13.
    @Test(arguments: [
        PictureFormat.make(34, 26, depth: 16), .make(34, 26, .gray), .make(34, 26, .rgb, depth: 12),
        PictureFormat(
            width: 34, height: 26, layout: PixelLayout(family: .yuv, bitDepth: 8, hasAlpha: true),
            color: ColorDescription(matrix: 1)),
    ])
    func plainPlanesAreCopiedPlaneByPlane(format: PictureFormat) throws {
        let plain = PictureBuffer.noise(format, seed: 5)
        let copy = try DevicePicture(copying: plain, on: .cpu)
        #expect(copy.memory == .device(chromaStep: 1, shift: 0))
        #expect(try upscaled(copy) == upscaled(plain))
    }

    @Test func whatCannotLieThereIsRefused() throws {
        let plain = PictureBuffer.noise(Self.formats[0], seed: 6)
        let narrow = Surface(plain, stride: 33)
        let copying = #expect(throws: InferenceError.self) { try DevicePicture(copying: narrow, on: .cpu) }
        let words =
            "copying a decoded picture of 34x26 yuv subsampled 2x2 of 8 bits on cpu: plane 0 on cpu has an unusable stride"
        #expect(copying?.message.hasPrefix(words) == true, "\(copying?.message ?? "")")
        let using = #expect(throws: InferenceError.self) { try upscaled(narrow) }
        #expect(using?.message.contains("plane 0 on cpu has an unusable stride of 33 bytes") == true)
        #expect(throws: InferenceError.self) { try upscaled(Surface(plain, step: 3)) }
        #expect(throws: InferenceError.self) { try DevicePicture(copying: Surface(plain, apart: 2), on: .cpu) }
    }

    /// The device reads them after the call: they stay until it has landed, and no longer.
    @Test(arguments: [0, 2]) func sourcesStayWhileTheyAreRead(radius: Int) throws {
        let format = Self.formats[0]
        let upscaler = try Upscaler.cpu(
            .nearest(2), format, scale: 2, blendRadius: radius, plain: true, defers: true)
        let user: any PictureUpscaler =
            radius == 0 ? upscaler : ContextUpscaler(upscaler, blendRadius: radius, given: FrameRange(0, 6))
        var sources: [Weak] = []
        for number in 0..<6 {
            let surface = Surface(.noise(format, seed: number))
            sources.append(Weak(surface))
            _ = try user.take([surface], numbers: [number])
            // Three are under way at once.
            #expect(sources.suffix(3).allSatisfy { $0.surface != nil })
            #expect(radius > 0 || sources.dropLast(3).allSatisfy { $0.surface == nil })
        }
        #expect(try !user.finish().isEmpty)
        #expect(sources.allSatisfy { $0.surface == nil })
    }

    private struct Weak {
        weak var surface: Surface?
        init(_ surface: Surface) { self.surface = surface }
    }
}

/// A picture as NV12 or P010, in lines that are longer than they need to be.
// Sendable by hand: one thread uses it.
private final class Surface: PlanarPicture, @unchecked Sendable {
    let format: PictureFormat
    let memory: PictureMemory
    let messages = [PictureMessage.captions(Data([1, 2, 3]))]
    private let lines: Int
    private let apart: Int
    private let luma: UnsafeMutableRawBufferPointer
    private let chroma: UnsafeMutableRawBufferPointer

    /// - Parameters:
    ///   - stride: what it says of its lines, true or not.
    ///   - apart: samples from Cb to Cr, as it says.
    init(_ plain: PictureBuffer, stride: Int? = nil, step: Int = 2, apart: Int = 1) {
        let (format, bytes) = (plain.format, plain.format.layout.bytesPerSample)
        let shift = bytes == 2 ? 16 - format.layout.bitDepth : 0
        let length = (format.width + 30) * bytes
        self.format = format
        self.apart = apart
        memory = .device(chromaStep: step, shift: shift)
        lines = stride ?? length
        luma = .allocate(byteCount: length * format.height, alignment: 64)
        chroma = .allocate(byteCount: length * format.height, alignment: 64)
        for plane in 0..<3 {
            let (size, to) = (format.planeSize(plane), plane == 0 ? luma : chroma)
            for y in 0..<size.height {
                for x in 0..<size.width {
                    let at = y * length + (plane == 0 ? x : 2 * x + plane - 1) * bytes
                    let word = UInt16(plain.sample(plane, x, y) << shift)
                    to[at] = UInt8(truncatingIfNeeded: word)
                    if bytes == 2 { to[at + 1] = UInt8(word >> 8) }
                }
            }
        }
    }

    func wipe() { for memory in [luma, chroma] { memory.initializeMemory(as: UInt8.self, repeating: 0) } }

    func plane(_ index: Int) -> UnsafeRawPointer {
        let base = (index == 0 ? luma : chroma).baseAddress!
        return UnsafeRawPointer(base + (index == 2 ? apart * format.layout.bytesPerSample : 0))
    }

    func stride(_ index: Int) -> Int { lines }

    deinit {
        luma.deallocate()
        chroma.deallocate()
    }
}
