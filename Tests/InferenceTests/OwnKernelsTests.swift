import Testing

@testable import Inference

@Suite struct OwnKernelsTests {
    private func sentence(_ convolutions: Int, _ problem: String? = nil, around: String? = nil) -> String? {
        OwnKernels(
            network: "net", device: .cuda(1), convolutions: convolutions, problem: problem, problemAround: around
        ).sentence
    }

    @Test func everyProblemIsSaid() {
        #expect(sentence(0) == nil)
        #expect(sentence(17) == "17 of net's convolutions run in our own kernels on cuda:1")
        #expect(sentence(0, "too old") == "net runs in libtorch's operators on cuda:1: too old")
        #expect(
            sentence(17, around: "they fail")
                == "17 of net's convolutions run in our own kernels on cuda:1; what surrounds it runs in tensor operations: they fail"
        )
        #expect(
            sentence(0, "off", around: "they fail")?.hasSuffix(
                ": off; what surrounds it runs in tensor operations: they fail") == true)
        #expect(sentence(0, around: "they fail")?.hasPrefix("net runs in libtorch's operators on cuda:1; what") == true)
    }
}
