// Every kernel of CTorch/Convolution/Convolution.h that this processor has, on sizes and channels that end inside tiles, vectors and panels: for
// scripts/sanitize_kernels.sh, which compiles it with AddressSanitizer and UndefinedBehaviorSanitizer. What they compute is
// tested by InferenceTests/ConvolutionTests.
#include <algorithm>
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

struct Free {
    void operator()(float *memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<float, Free>;

/// On the border of a line of the cache, and of exactly this size, so that a step too far is one out of bounds.
Memory aligned(size_t count) {
    void *memory = nullptr;
    return Memory(posix_memalign(&memory, 64, count * sizeof(float)) == 0 ? static_cast<float *>(memory) : nullptr);
}

/// - parts: channels of inputs that lie apart.
bool runs(
    const ct::ConvolutionKernel &kernel, int64_t height, int64_t width, const std::vector<int64_t> &parts, int64_t out) {
    constexpr int64_t pictures = 2;
    std::vector<std::vector<float>> samples;
    std::vector<ct::ConvolutionInput> inputs;
    int64_t in = 0;
    for (const int64_t channels : parts) {
        samples.push_back(values(pictures * height * width * channels, 7919));
        inputs.push_back({samples.back().data(), channels});
        in += channels;
    }
    const auto packed = ct::packed(kernel, values(9 * in * out, 104729).data(), in, out);
    const std::vector<float> bias(ct::filled(kernel, out), 0.1f), slope(ct::filled(kernel, out), 0.2f);
    const size_t count = pictures * height * width * out;
    const Memory output = aligned(count);
    const ct::ConvolutionTask task{
        inputs.data(), int64_t(inputs.size()), output.get(), packed.data(), bias.data(), slope.data(), pictures, height,
        width, in, out};
    const Memory scratch = aligned(kernel.scratch(task));
    std::atomic<int64_t> next{0};
    kernel.run(task, next, scratch.get());
    return std::all_of(output.get(), output.get() + count, [](float value) { return std::isfinite(value); });
}

/// So many channels in one, or the first sixteen, thirty-two and so on apart from the others.
std::vector<std::vector<int64_t>> divisions(int64_t in) {
    std::vector<std::vector<int64_t>> found{{in}};
    if (in < 8) return found;
    for (int64_t first = ct::inputGranularity; first < in; first += ct::inputGranularity) found.push_back({first, in - first});
    if (in > 2 * ct::inputGranularity)
        found.push_back({ct::inputGranularity, ct::inputGranularity, in - 2 * ct::inputGranularity});
    return found;
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
                        for (const auto &parts : divisions(in)) {
                            if (!runs(*kernel, height, width, parts, out)) return 1;
                            ++count;
                        }
                    }
    // So many results that they are written past the caches.
    for (const auto *kernel : ct::convolutionKernels()) {
        if (!runs(*kernel, 259, 257, {16}, 64)) return 1;
        ++count;
    }
    std::printf("%d convolutions, clean\n", count);
}
