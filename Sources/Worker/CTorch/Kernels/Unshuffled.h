// Of kernels: pixels ahead of a network's last shuffle, by four.
#pragma once
#include <cuda_fp16.h>

#include <cstdint>

#include "Parameters.h"

namespace ct::kernels {

/// Two lines of the 4 x 4 pixels that one of the source's becomes: the same halves as the shuffle makes.
struct UnshuffledLines {
    __half2 pairs[3][4];

    /// - half: lines 0 and 1, or 2 and 3.
    __device__ __forceinline__ UnshuffledLines(const UnshuffledPicture &from, int x, int y, int half) {
        const int64_t pixel = int64_t(y) * from.width + x, plane = int64_t(from.width) * from.height;
        const uint4 *values = reinterpret_cast<const uint4 *>(static_cast<const __half *>(from.values) + pixel * from.step) + half;
        const __half *base = static_cast<const __half *>(from.base) + pixel;
#pragma unroll
        for (int channel = 0; channel < 3; ++channel) {
            const uint4 words = __ldg(values + 2 * channel);
            const __half2 added = __half2half2(__ldg(base + channel * plane));
            const __half2 *given = reinterpret_cast<const __half2 *>(&words);
#pragma unroll
            for (int i = 0; i < 4; ++i) pairs[channel][i] = __hadd2(given[i], added);
        }
    }
    __device__ __forceinline__ float at(int channel, int line, int column) const {
        const __half2 both = pairs[channel][line * 2 + column / 2];
        return column % 2 == 0 ? __low2float(both) : __high2float(both);
    }
};

}  // namespace ct::kernels
