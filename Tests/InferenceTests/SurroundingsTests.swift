import FarmModel
import TestSupport
import Testing

@testable import Inference

/// The trial of what surrounds a network, with the CPU's kernels: a device's are tried so before they are trusted.
@Suite struct SurroundingsTests {
    private func problem(
        _ model: StandIn, _ input: PictureFormat, _ output: PictureFormat? = nil, blendRadius: Int = 0
    ) async throws -> String? {
        let network = try Network(.file(try await model.path), device: .cpu, precision: .fp32)
        let output = output ?? input.sized(input.width * 2, input.height * 2)
        return try Upscaler.problemAround(network, input: input, output: output, blendRadius: blendRadius)
    }

    @Test(arguments: [Sampling.yuv420, .yuv422, .yuv444, .gray, .rgb], [8, 10, 16])
    func kernelsThatAreRightPass(sampling: Sampling, depth: Int) async throws {
        let even = sampling.format(1920, 1080, depth: depth, matrix: 1, full: false)
        #expect(try await problem(.blur2, even) == nil)
        #expect(try await problem(.blur2, even, even.sized(3000, 1696)) == nil, "resized")
        #expect(try await problem(.blur2, even, blendRadius: 1) == nil, "blended")
        #expect(try await problem(.blur2, sampling.format(718, 482, depth: depth, matrix: 6, full: false)) == nil)
    }

    @Test func networksWithAWindowPass() async throws {
        let format = Sampling.yuv420.format(1280, 720, depth: 8, matrix: 1, full: false)
        #expect(try await problem(.echo5, format) == nil)
        #expect(try await problem(.median3, format, blendRadius: 2) == nil)
    }

    @Test func whatDiffersIsTold() async throws {
        let format = Sampling.yuv420.format(1280, 720, depth: 8, matrix: 1, full: false)
        for radius in [0, 1] {
            let problem = try await problem(.random2, format, blendRadius: radius)
            #expect(problem?.contains("of 1000 samples are off") == true, "\(problem ?? "nil")")
        }
    }

    /// What a network makes of a film is the film's pictures' to say.
    @Test func aBadNetworkIsNoKernelsFault() async throws {
        let format = Sampling.yuv420.format(1280, 720, depth: 8, matrix: 1, full: false)
        #expect(try await problem(.black2, format) == nil)
    }
}

extension PictureFormat {
    fileprivate func sized(_ width: Int, _ height: Int) -> PictureFormat {
        var format = self
        (format.width, format.height) = (width, height)
        return format
    }
}
