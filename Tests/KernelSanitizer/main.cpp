// Every kernel of CTorch/Convolution.h that this processor has, on sizes and channels that end inside tiles, vectors and panels: for
// scripts/sanitize_kernels.sh, which compiles it with AddressSanitizer and UndefinedBehaviorSanitizer. What they compute is
// tested by InferenceTests/ConvolutionTests.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "Convolution.h"

namespace {

std::vector<float> values(size_t count, unsigned step) {
    std::vector<float> result(count);
    for (size_t i = 0; i < count; ++i) result[i] = float(int(i * step % 97) - 48) / 97;
    return result;
}

/// Vectors of exactly the sizes that are promised, so that a step too far is one out of bounds.
/// - first: so many of the channels lie apart from the others.
bool runs(const ct::ConvolutionKernel &kernel, int64_t height, int64_t width, int64_t in, int64_t out, int64_t first) {
    constexpr int64_t pictures = 2;
    const auto input = values(pictures * height * width * (in - first), 7919), weights = values(9 * in * out, 104729);
    const auto before = values(pictures * height * width * first, 7907);
    const ct::ConvolutionInput apart[] = {{before.data(), first}, {input.data(), in - first}};
    const auto packed = ct::packed(kernel, weights.data(), in, out);
    std::vector<float> bias(ct::filled(kernel, out), 0.1f), slope(ct::filled(kernel, out), 0.2f);
    std::vector<float> output(pictures * height * width * out);
    const ct::ConvolutionTask task{
        first > 0 ? apart : apart + 1, first > 0 ? 2 : 1, output.data(), packed.data(), bias.data(), slope.data(), pictures, height, width, in, out};
    const size_t bytes = (kernel.scratch(task) * sizeof(float) + 63) / 64 * 64;
    const std::unique_ptr<float, decltype(&std::free)> scratch(
        static_cast<float *>(std::aligned_alloc(64, bytes)), std::free);
    std::atomic<int64_t> next{0};
    kernel.run(task, next, scratch.get());
    for (const float value : output)
        if (!std::isfinite(value)) return false;
    return true;
}

}  // namespace

int main() {
    int count = 0;
    for (const auto *kernel : ct::convolutionKernels())
        for (const int64_t height : {1, 2, 6, 7, 13, 18})
            for (const int64_t width : {1, 3, 6, 19, 31})
                for (const int64_t in : {1, 3, 5, 8, 16, 33, 64, 70})
                    for (const int64_t out : {1, 3, 16, 17, 48, 64, 80, 130}) {
                        if ((height + width + in + out) % 3 != 0) continue;
                        for (int64_t first = 0; first < in; first += in < 8 ? in : ct::inputGranularity, ++count)
                            if (!runs(*kernel, height, width, in, out, first)) return 1;
                    }
    std::printf("%d convolutions, clean\n", count);
}
