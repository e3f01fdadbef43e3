// What becomes of a convolution's sums.
#pragma once
#include <cuda_fp16.h>

#include <cstdint>

__device__ __forceinline__ float activated(float v, float bias, float slope) {
    v += bias;
    return v > 0 ? v : v * slope;
}
__device__ __forceinline__ uint32_t packed(float a, float b) {
    const __half2 both = __floats2half2_rn(a, b);
    return *reinterpret_cast<const uint32_t *>(&both);
}
