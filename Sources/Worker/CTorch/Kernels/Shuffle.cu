// A network's last channels to pixels, on the device.
#include <cuda_fp16.h>

#include <cstdint>

namespace {

/// The pixels of one source pixel: of [N, H, W, step] channel c·factor² + i·factor + j is row i, column j of colour c.
template <int factor>
__device__ __forceinline__ void shuffled(const __half *in, const __half *base, __half *out, int step, int width, int height) {
    const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y, n = blockIdx.z;
    if (x >= width) return;
    const __half *from = in + ((int64_t(n) * height + y) * width + x) * step;
    alignas(16) __half values[(3 * factor * factor + 7) / 8 * 8];
    if (step % 8 == 0) {
#pragma unroll
        for (int i = 0; i < (3 * factor * factor + 7) / 8; ++i)
            reinterpret_cast<uint4 *>(values)[i] = __ldg(reinterpret_cast<const uint4 *>(from) + i);
    } else {
#pragma unroll
        for (int i = 0; i < 3 * factor * factor; ++i) values[i] = from[i];
    }
#pragma unroll
    for (int c = 0; c < 3; ++c) {
        const int64_t row = (int64_t(n) * 3 + c) * height + y;
        const float added = base ? __half2float(base[row * width + x]) : 0.f;
#pragma unroll
        for (int i = 0; i < factor; ++i) {
            __half *to = out + (row * factor + i) * (int64_t(width) * factor) + x * factor;
            alignas(8) __half line[factor];
#pragma unroll
            for (int j = 0; j < factor; ++j)
                line[j] = __float2half_rn(__half2float(values[(c * factor + i) * factor + j]) + added);
            if (factor == 4) *reinterpret_cast<uint2 *>(to) = *reinterpret_cast<const uint2 *>(line);
            else if (factor == 2) *reinterpret_cast<uint32_t *>(to) = *reinterpret_cast<const uint32_t *>(line);
            else
                for (int j = 0; j < factor; ++j) to[j] = line[j];
        }
    }
}

}  // namespace

/// [N, H, W, step] to [N, 3, factor·H, factor·W], with `base`, [N, 3, H, W], added to each of a pixel's pixels unless it is null.
extern "C" __global__ void __launch_bounds__(128) shuffle(
    const __half *in, const __half *base, __half *out, int factor, int step, int width, int height) {
    if (factor == 4) shuffled<4>(in, base, out, step, width, height);
    else if (factor == 3) shuffled<3>(in, base, out, step, width, height);
    else shuffled<2>(in, base, out, step, width, height);
}
