#include "Convolution.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace ct {

namespace {

/// G of F(6x6, 3x3): points 0, ±1, ±2, ±1/2 and infinity (Lavin, Gray 2015), scaled so that inputs and outputs are transformed by the
/// whole and halved numbers in WinogradKernel.h.
constexpr double transform[8][3] = {
    {1, 0, 0}, {-2.0 / 9, -2.0 / 9, -2.0 / 9}, {-2.0 / 9, 2.0 / 9, -2.0 / 9}, {1.0 / 90, 1.0 / 45, 2.0 / 45},
    {1.0 / 90, -1.0 / 45, 2.0 / 45}, {1.0 / 45, 1.0 / 90, 1.0 / 180}, {1.0 / 45, -1.0 / 90, 1.0 / 180}, {0, 0, 1}};

/// G g Gᵀ, in the order of positions.
std::array<double, 64> transformed(const float *kernel) {
    std::array<double, 64> result{};
    for (int y = 0; y < 8; ++y)
        for (int x = 0; x < 8; ++x)
            for (int i = 0; i < 3; ++i)
                for (int j = 0; j < 3; ++j) result[8 * y + x] += transform[y][i] * kernel[3 * i + j] * transform[x][j];
    return result;
}

}  // namespace

int64_t filled(const ConvolutionKernel &kernel, int64_t channels) {
    return (channels + kernel.vector - 1) / kernel.vector * kernel.vector;
}

const std::vector<const ConvolutionKernel *> &convolutionKernels() {
    static const std::vector<const ConvolutionKernel *> kernels = [] {
        std::vector<const ConvolutionKernel *> found;
#if defined(__x86_64__)
        // What holds libtorch's kernels to older processors' instructions holds ours.
        const char *const setting = std::getenv("ATEN_CPU_CAPABILITY");
        const std::string_view held = setting ? setting : "";
        const bool fuses = held != "default" && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
        if (fuses && held != "avx2" && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512dq"))
            found.push_back(&avx512Kernel);
        if (fuses) found.push_back(&avx2Kernel);
#endif
        found.push_back(&plainKernel);
        return found;
    }();
    return kernels;
}

/// A matrix [in, out] a position of the transform, or one of [9 · in, out]: panels of columns one behind the other, in each row
/// by row.
std::vector<float> packed(const ConvolutionKernel &kernel, const float *weights, int64_t in, int64_t out) {
    const int64_t columns = filled(kernel, out), panel = kernel.panel * kernel.vector;
    const auto place = [&](int64_t rows, int64_t row, int64_t k) {
        const int64_t start = k / panel * panel, width = std::min(panel, columns - start);
        return start * rows + row * width + (k - start);
    };
    std::vector<float> result((isDirect(in) ? 9 : 64) * in * columns);
    for (int64_t k = 0; k < out; ++k)
        for (int64_t c = 0; c < in; ++c) {
            const float *own = weights + (k * in + c) * 9;
            if (isDirect(in)) {
                for (int64_t i = 0; i < 9; ++i) result[place(9 * in, i * in + c, k)] = own[i];
            } else {
                const auto values = transformed(own);
                for (int64_t i = 0; i < 64; ++i) result[i * in * columns + place(in, c, k)] = float(values[i]);
            }
        }
    return result;
}

}  // namespace ct
