// What a network made to planes of codes, in the source's colours, on the device. In single tensor operations this took longer than the network: nearly
// all of it in memory. Pictures of RGB are planar, [3, H, W].
#include <cuda_fp16.h>

#include <cstdint>

#include "Codes.h"
#include "Numbers.h"

using namespace ct::kernels;

namespace {

/// A row's correction, interpolated as far as rows go.
struct LiftedRow {
    const float *above, *below;
    float part;
    __device__ __forceinline__ float at(int cell) const {
        const float a = __ldg(above + cell);
        return a + (__ldg(below + cell) - a) * part;
    }
};

/// The samples of 16 bytes.
__device__ __forceinline__ void take(const uint4 &words, float *to, const __half *) {
    const __half2 *pairs = reinterpret_cast<const __half2 *>(&words);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        const float2 both = __half22float2(pairs[i]);
        to[2 * i] = both.x;
        to[2 * i + 1] = both.y;
    }
}
__device__ __forceinline__ void take(const uint4 &words, float *to, const float *) {
    to[0] = __uint_as_float(words.x);
    to[1] = __uint_as_float(words.y);
    to[2] = __uint_as_float(words.z);
    to[3] = __uint_as_float(words.w);
}

/// Samples x-1 to x+7 of a row; beyond the borders stands the last one.
template <typename Value, bool areWhole>
__device__ __forceinline__ void load(const Value *row, int width, int x, float (&to)[9]) {
    if (areWhole || (x + 8 <= width && width % 8 == 0)) {
        constexpr int words = sizeof(Value) / 2;
#pragma unroll
        for (int word = 0; word < words; ++word) take(__ldg(reinterpret_cast<const uint4 *>(row + x) + word), to + 1 + word * 8 / words, row);
    } else {
#pragma unroll
        for (int i = 0; i < 8; ++i) to[1 + i] = number(row[min(x + i, width - 1)]);
    }
    to[0] = number(row[max(x - 1, 0)]);
}

/// Those of the network's picture, in the source's colours.
/// - areEven: x is a multiple of 8, and so is the width, and no middle of a cell lies within x to x+7: between two of them what is interpolated
///   grows evenly.
template <typename Value, bool areEven>
__device__ __forceinline__ void load(const FinishedPicture &picture, int channel, int x, int y, float (&to)[9]) {
    const int width = picture.width;
    load<Value, areEven>(static_cast<const Value *>(picture.rgb) + (int64_t(channel) * picture.height + y) * width, width, x, to);
    if (!picture.cells) return;
    const Between rows(y, picture.cellsARow, picture.cellRows);
    const float *cells = picture.cells + int64_t(channel) * picture.cellRows * picture.cellColumns;
    const LiftedRow lifted{cells + rows.before * picture.cellColumns, cells + rows.after * picture.cellColumns, rows.part};
    const float least = __ldg(picture.least + channel), greatest = __ldg(picture.greatest + channel);
    const auto lift = [&](float &sample, float by) { sample = fminf(greatest, fmaxf(least, sample + by)); };
    const auto between = [&](const Between &place, float &step) {
        const float before = lifted.at(place.before);
        step = lifted.at(place.after) - before;
        return before + step * place.part;
    };
    float step;
    if constexpr (areEven) {
        const Between edge(max(x - 1, 0), picture.cellsAColumn, picture.cellColumns);
        lift(to[0], between(edge, step));
        const Between first(x, picture.cellsAColumn, picture.cellColumns);
        const float base = between(first, step);
        // Ahead of the first middle it does not grow.
        const float slope = (float(x) + 0.5f) * picture.cellsAColumn < 0.5f ? 0.f : step * picture.cellsAColumn;
#pragma unroll
        for (int i = 0; i < 8; ++i) lift(to[1 + i], base + slope * float(i));
    } else {
#pragma unroll
        for (int i = 0; i < 9; ++i)
            lift(to[i], between(Between(min(max(x - 1 + i, 0), width - 1), picture.cellsAColumn, picture.cellColumns), step));
    }
}

/// One sample of it.
template <typename Value>
__device__ __forceinline__ float value(const FinishedPicture &picture, int channel, int x, int y) {
    const float given =
        number(static_cast<const Value *>(picture.rgb)[(int64_t(channel) * picture.height + y) * picture.width + x]);
    if (!picture.cells) return given;
    const Between rows(y, picture.cellsARow, picture.cellRows), columns(x, picture.cellsAColumn, picture.cellColumns);
    const float *cells = picture.cells + int64_t(channel) * picture.cellRows * picture.cellColumns;
    const LiftedRow lifted{cells + rows.before * picture.cellColumns, cells + rows.after * picture.cellColumns, rows.part};
    const float before = lifted.at(columns.before), step = lifted.at(columns.after) - before;
    return fminf(__ldg(picture.greatest + channel), fmaxf(__ldg(picture.least + channel), given + (before + step * columns.part)));
}

/// 8x2 samples of luma and the 4 of each chroma plane that lie there: 4:2:0 with chroma rows between two lines.
template <typename Value, bool areEven>
__device__ __forceinline__ void writeHalved(const FinishedPicture &picture, const CodePlanes &codes, bool isCentred) {
    const int x = (blockIdx.x * blockDim.x + threadIdx.x) * 8, y = blockIdx.y * 2;
    if (x >= picture.width) return;
    float blue[4] = {}, red[4] = {};
    // Twice the code would not fit where instructions are kept.
#pragma unroll 1
    for (int line = 0; line < 2; ++line) {
        float rgb[3][9];
#pragma unroll
        for (int channel = 0; channel < 3; ++channel)
            load<Value, areEven>(picture, channel, x, min(y + line, picture.height - 1), rgb[channel]);
        float luma[8];
#pragma unroll
        for (int i = 0; i < 8; ++i) luma[i] = mixed(codes.planes[0], rgb[0][i + 1], rgb[1][i + 1], rgb[2][i + 1]);
        write(codes.planes[0], x, y + line, luma);
        addChroma(codes, rgb, isCentred, blue, red);
    }
    write(codes.planes[1], x / 2, y / 2, blue);
    write(codes.planes[2], x / 2, y / 2, red);
}

/// One plane of any subsampling and siting.
template <typename Value>
__device__ __forceinline__ void writePlane(const FinishedPicture &picture, const CodePlane &plane, const Decimation &decimation) {
    const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y;
    if (x >= plane.width) return;
    float sum = 0;
    for (int j = 0; j < decimation.rows.count; ++j) {
        const int row = min(max(y * decimation.rows.factor + decimation.rows.offsets[j], 0), picture.height - 1);
        for (int i = 0; i < decimation.columns.count; ++i) {
            const int column = min(max(x * decimation.columns.factor + decimation.columns.offsets[i], 0), picture.width - 1);
            const float weight = decimation.rows.weights[j] * decimation.columns.weights[i];
            sum += weight
                * mixed(plane, value<Value>(picture, 0, column, row), value<Value>(picture, 1, column, row),
                        value<Value>(picture, 2, column, row));
        }
    }
    const int code = codeOf(plane, sum + noiseAt(plane, x, y));
    if (plane.isWide) static_cast<uint16_t *>(plane.samples)[int64_t(y) * plane.stride + x] = uint16_t(code);
    else static_cast<uint8_t *>(plane.samples)[int64_t(y) * plane.stride + x] = uint8_t(code);
}

/// The whole picture in the source's colours, as floats.
template <typename Value, bool areEven>
__device__ __forceinline__ void lift(const FinishedPicture &picture, float *to) {
    const int x = (blockIdx.x * blockDim.x + threadIdx.x) * 8, y = blockIdx.y, channel = blockIdx.z;
    if (x >= picture.width) return;
    float values[9];
    load<Value, areEven>(picture, channel, x, y, values);
    float *row = to + (int64_t(channel) * picture.height + y) * picture.width + x;
    if constexpr (areEven) {
        reinterpret_cast<float4 *>(row)[0] = make_float4(values[1], values[2], values[3], values[4]);
        reinterpret_cast<float4 *>(row)[1] = make_float4(values[5], values[6], values[7], values[8]);
    } else {
#pragma unroll
        for (int i = 0; i < 8; ++i)
            if (x + i < picture.width) row[i] = values[i + 1];
    }
}

}  // namespace

extern "C" __global__ void __launch_bounds__(128, 7) halved_even(
    const __grid_constant__ FinishedPicture picture, const __grid_constant__ CodePlanes codes, int isCentred) {
    writeHalved<__half, true>(picture, codes, isCentred);
}
extern "C" __global__ void __launch_bounds__(128) halved_half(
    const __grid_constant__ FinishedPicture picture, const __grid_constant__ CodePlanes codes, int isCentred) {
    writeHalved<__half, false>(picture, codes, isCentred);
}
extern "C" __global__ void __launch_bounds__(128) halved_float(
    const __grid_constant__ FinishedPicture picture, const __grid_constant__ CodePlanes codes, int isCentred) {
    writeHalved<float, false>(picture, codes, isCentred);
}
extern "C" __global__ void __launch_bounds__(128) plane_half(
    const __grid_constant__ FinishedPicture picture, const __grid_constant__ CodePlane plane,
    const __grid_constant__ Decimation decimation) {
    writePlane<__half>(picture, plane, decimation);
}
extern "C" __global__ void __launch_bounds__(128) plane_float(
    const __grid_constant__ FinishedPicture picture, const __grid_constant__ CodePlane plane,
    const __grid_constant__ Decimation decimation) {
    writePlane<float>(picture, plane, decimation);
}
extern "C" __global__ void __launch_bounds__(128) lift_even(const __grid_constant__ FinishedPicture picture, float *to) {
    lift<__half, true>(picture, to);
}
extern "C" __global__ void __launch_bounds__(128) lift_half(const __grid_constant__ FinishedPicture picture, float *to) {
    lift<__half, false>(picture, to);
}
extern "C" __global__ void __launch_bounds__(128) lift_float(const __grid_constant__ FinishedPicture picture, float *to) {
    lift<float, false>(picture, to);
}
