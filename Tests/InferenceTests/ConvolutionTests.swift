import CTorch
import FarmModel
import Foundation
import TestSupport
import Testing

@testable import Inference

/// Our own convolutions: against sums in double precision, with every set of instructions that this processor has.
@Suite struct ConvolutionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var width: Int, height: Int, channels: (in: Int, out: Int)
        var testDescription: String { "\(width)x\(height), \(channels.in) to \(channels.out)" }
    }

    /// Sizes below a tile, of tiles, and odd ones; channels that fill vectors and such that do not.
    private static let cases = [
        Case(width: 1, height: 1, channels: (64, 64)), Case(width: 1, height: 1, channels: (3, 5)),
        Case(width: 2, height: 3, channels: (9, 7)), Case(width: 6, height: 6, channels: (64, 48)),
        Case(width: 7, height: 13, channels: (64, 64)), Case(width: 31, height: 20, channels: (3, 64)),
        Case(width: 18, height: 5, channels: (96, 32)), Case(width: 29, height: 31, channels: (32, 3)),
        Case(width: 40, height: 1, channels: (8, 17)), Case(width: 13, height: 14, channels: (192, 64)),
        Case(width: 14, height: 9, channels: (70, 130)), Case(width: 7, height: 7, channels: (16, 80)),
    ]

    @Test(arguments: ["avx512", "avx2", "plain"], cases)
    func sumsAreRight(kernel: String, size: Case) throws {
        let picture = Picture(size, seed: 1)
        guard let result = try picture.convolved(kernel, threads: 1) else { return }
        let exact = picture.exact()
        let scale = exact.reduce(0) { max($0, abs($1)) }
        let worst = zip(result, exact).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
        // Of F(6x6, 3x3) in single precision; a wrong constant would be a thousand times as much.
        #expect(worst < 1.5e-5 * scale, "\(worst) of \(scale)")
        #expect(try picture.convolved(kernel, threads: 3) == result)
    }

    /// The widest that this processor has are used, and there.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["ATEN_CPU_CAPABILITY"] == nil))
    func theProcessorsInstructionsAreFound() throws {
        let flags = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8).split { $0 == " " || $0 == "\n" }
        let hasAVX2 = flags.contains("avx2") && flags.contains("fma")
        let has512 = hasAVX2 && ["avx512f", "avx512vl", "avx512dq"].allSatisfy { flags.contains(Substring($0)) }
        #expect(InferenceRuntime.kernels == (has512 ? "avx512" : hasAVX2 ? "avx2" : "plain"))
        for (kernel, isThere) in [("avx512", has512), ("avx2", hasAVX2), ("plain", true)] {
            #expect(try (Picture(Self.cases[0], seed: 1).convolved(kernel, threads: 1) != nil) == isThere)
        }
    }

    /// What machines differ in is no difference in bits, as long as they have fused multiplications.
    @Test(arguments: cases) func widthsOfVectorsGiveTheSameBits(size: Case) throws {
        let picture = Picture(size, seed: 2)
        let results = try ["avx512", "avx2"].compactMap { try picture.convolved($0, threads: 2) }
        #expect(results.allSatisfy { $0 == results.first })
    }

    /// Of so many results that they are written past the caches, where the processor's vectors are as long as a line of them; else
    /// there is nothing to compare.
    @Test func manyResultsAreTheSame() throws {
        let picture = Picture(Case(width: 368, height: 361, channels: (16, 64)), seed: 4)
        let results = try ["avx512", "avx2"].compactMap { try picture.convolved($0, threads: 2) }
        #expect(results.allSatisfy { $0 == results.first })
    }

    @Test func notANumberStaysOne() throws {
        var picture = Picture(Case(width: 9, height: 9, channels: (16, 16)), seed: 3)
        picture.input[4 * 9 * 16 + 4 * 16] = .nan
        let result = try #require(try picture.convolved(String(cString: ct_kernel()), threads: 1))
        #expect((3...5).allSatisfy { y in (3...5).allSatisfy { x in result[(y * 9 + x) * 16].isNaN } })
    }

    @Test func kernelsThatAreNotThereAreRefused() {
        #expect(throws: InferenceError.self) {
            try Picture(Self.cases[0], seed: 1).refusingConvolved("mmx", threads: 1)
        }
    }

    /// Values, weights, bias and slopes by chance.
    struct Picture {
        let size: Case
        var input: [Float]
        private let weights: [Float], bias: [Float], slope: [Float]

        init(_ size: Case, seed: UInt64) {
            self.size = size
            var state = seed &* 0x9E37_79B9_7F4A_7C15
            func values(_ count: Int, _ scale: Float) -> [Float] {
                (0..<count).map { _ in
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return (Float(state >> 40) / Float(1 << 24) * 2 - 1) * scale
                }
            }
            let (input, output) = size.channels
            self.input = values(size.width * size.height * input, 1)
            weights = values(output * input * 9, 1 / Float(input).squareRoot())
            bias = values(output, 1)
            slope = values(output, 1)
        }

        /// nil where the processor lacks these instructions.
        func convolved(_ kernel: String, threads: Int32) throws -> [Float]? {
            do { return try refusingConvolved(kernel, threads: threads) } catch let error as InferenceError {
                guard kernel != "plain", error.message.contains("cannot run the kernels") else { throw error }
                return nil
            }
        }

        func refusingConvolved(_ kernel: String, threads: Int32) throws -> [Float] {
            let count = size.width * size.height * size.channels.out
            // As libtorch has its tensors: on the border of a line of the cache.
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: (count + 64) * 4, alignment: 64)
            defer { memory.deallocate() }
            let output = memory.bindMemory(to: Float.self)
            output.initialize(repeating: Self.guarding)
            try torch(.failed, "a convolution") { text, capacity in
                ct_convolve(
                    kernel, Int32(size.width), Int32(size.height), Int32(size.channels.in), Int32(size.channels.out),
                    input, weights, bias, slope, output.baseAddress, threads, text, capacity)
            }
            #expect(output[count...].allSatisfy { $0 == Self.guarding }, "it wrote beyond the end")
            return Array(output[..<count])
        }

        private static let guarding: Float = 7.5

        func exact() -> [Double] {
            let (input, output) = size.channels
            return (0..<size.height * size.width).flatMap { place in
                (0..<output).map { k in
                    var sum = Double(bias[k])
                    for (i, j) in (0..<9).map({ ($0 / 3 - 1, $0 % 3 - 1) }) {
                        let (y, x) = (place / size.width + i, place % size.width + j)
                        guard (0..<size.height).contains(y), (0..<size.width).contains(x) else { continue }
                        for c in 0..<input {
                            sum +=
                                Double(self.input[(y * size.width + x) * input + c])
                                * Double(weights[(k * input + c) * 9 + (i + 1) * 3 + j + 1])
                        }
                    }
                    return sum < 0 ? sum * Double(slope[k]) : sum
                }
            }
        }
    }
}
