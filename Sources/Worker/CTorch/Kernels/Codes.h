// Of kernels: where a sample lies among the cells of a correction, and codes into planes.
#pragma once
#include <cstdint>

#include "Parameters.h"

namespace ct::kernels {

/// Between which two of `count` equal cells sample `i` of `size` lies, and where (as `upsample_bilinear2d` without aligned corners).
struct Between {
    int before, after;
    float part;
    __device__ __forceinline__ Between(int i, float cellsASample, int count) {
        const float place = fmaxf((float(i) + 0.5f) * cellsASample - 0.5f, 0.f);
        before = min(int(place), count - 1);
        after = min(before + 1, count - 1);
        part = place - float(before);
    }
};

__device__ __forceinline__ float noiseAt(const CodePlane &plane, int x, int y) {
    if (!plane.noise) return 0;
    int row = y - plane.noiseDown, column = x - plane.noiseRight;
    if (row < 0) row += plane.height;
    if (column < 0) column += plane.width;
    return __ldg(plane.noise + int64_t(row) * plane.width + column);
}

/// Of a value with the plane's noise, if any.
__device__ __forceinline__ int codeOf(const CodePlane &plane, float value) {
    return int(fminf(plane.highest + 0.5f, fmaxf(0.f, value + plane.offset)));
}

/// `count` codes of a row from x on, of which those inside are written.
template <int count>
__device__ __forceinline__ void write(const CodePlane &plane, int x, int y, float (&values)[count]) {
    if (y >= plane.height) return;
    if (plane.noise) {
#pragma unroll
        for (int i = 0; i < count; ++i) values[i] += noiseAt(plane, min(x + i, plane.width - 1), y);
    }
    uint32_t codes[count];
#pragma unroll
    for (int i = 0; i < count; ++i) codes[i] = uint32_t(codeOf(plane, values[i]));
    const bool areInside = x + count <= plane.width;
    if (plane.isWide) {
        uint16_t *to = static_cast<uint16_t *>(plane.samples) + int64_t(y) * plane.stride + x;
        if (areInside && plane.stride % 2 == 0) {
#pragma unroll
            for (int i = 0; i < count; i += 2) *reinterpret_cast<uint32_t *>(to + i) = codes[i] | codes[i + 1] << 16;
        } else {
#pragma unroll
            for (int i = 0; i < count; ++i)
                if (x + i < plane.width) to[i] = uint16_t(codes[i]);
        }
        return;
    }
    uint8_t *to = static_cast<uint8_t *>(plane.samples) + int64_t(y) * plane.stride + x;
    if (areInside && plane.stride % 4 == 0) {
        if constexpr (count % 4 == 0) {
#pragma unroll
            for (int i = 0; i < count; i += 4)
                *reinterpret_cast<uint32_t *>(to + i) = codes[i] | codes[i + 1] << 8 | codes[i + 2] << 16 | codes[i + 3] << 24;
        } else {
#pragma unroll
            for (int i = 0; i < count; i += 2) *reinterpret_cast<uint16_t *>(to + i) = uint16_t(codes[i] | codes[i + 1] << 8);
        }
    } else {
#pragma unroll
        for (int i = 0; i < count; ++i)
            if (x + i < plane.width) to[i] = uint8_t(codes[i]);
    }
}

__device__ __forceinline__ float mixed(const CodePlane &plane, float red, float green, float blue) {
    return red * plane.mix[0] + green * plane.mix[1] + blue * plane.mix[2];
}

}  // namespace ct::kernels
