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

/// Adds a line's share to chroma of 4:2:0 whose rows lie between two lines.
/// - rgb: samples of the line, with the one left of them.
template <int count>
__device__ __forceinline__ void addChroma(
    const CodePlanes &codes, const float (&rgb)[3][2 * count + 1], bool isCentred, float (&blue)[count], float (&red)[count]) {
#pragma unroll
    for (int i = 0; i < count; ++i) {
        float small[3];
#pragma unroll
        for (int channel = 0; channel < 3; ++channel) {
            const float *v = rgb[channel] + 1 + 2 * i;
            small[channel] = isCentred ? 0.5f * (v[0] + v[1]) : 0.25f * v[-1] + 0.5f * v[0] + 0.25f * v[1];
        }
        blue[i] += 0.5f * mixed(codes.planes[1], small[0], small[1], small[2]);
        red[i] += 0.5f * mixed(codes.planes[2], small[0], small[1], small[2]);
    }
}

}  // namespace ct::kernels
