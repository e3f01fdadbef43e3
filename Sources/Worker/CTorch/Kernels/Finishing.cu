// What surrounds the network on the device: planes of codes to RGB, and what it made to planes of codes again.
//
// In single tensor operations this took longer than the network: nearly all of it in memory. Pictures of RGB are planar, [3, H, W].
#include <cuda_fp16.h>

#include <cstdint>

#include "Parameters.h"

using namespace ct::kernels;

namespace {

__device__ __forceinline__ float number(float value) { return value; }
__device__ __forceinline__ float number(__half value) { return __half2float(value); }

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

/// A row's correction, interpolated as far as rows go.
struct LiftedRow {
    const float *above, *below;
    float part;
    __device__ __forceinline__ float at(int cell) const {
        const float a = __ldg(above + cell);
        return a + (__ldg(below + cell) - a) * part;
    }
};

/// Samples x-1 to x+8 of a row of the network's picture, in the source's colours; beyond the borders stands the last one.
template <typename Value>
__device__ __forceinline__ void load(const FinishedPicture &picture, int channel, int x, int y, float (&to)[9]) {
    const int width = picture.width;
    const Value *row = static_cast<const Value *>(picture.rgb) + (int64_t(channel) * picture.height + y) * width;
    if (sizeof(Value) == 2 && x + 8 <= width && width % 8 == 0) {
        const uint4 words = __ldg(reinterpret_cast<const uint4 *>(row + x));
        const __half2 *pairs = reinterpret_cast<const __half2 *>(&words);
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const float2 both = __half22float2(pairs[i]);
            to[1 + 2 * i] = both.x;
            to[2 + 2 * i] = both.y;
        }
    } else {
#pragma unroll
        for (int i = 0; i < 8; ++i) to[1 + i] = number(row[min(x + i, width - 1)]);
    }
    to[0] = number(row[max(x - 1, 0)]);
    if (!picture.cells) return;
    const Between rows(y, picture.cellsARow, picture.cellRows);
    const float *cells = picture.cells + int64_t(channel) * picture.cellRows * picture.cellColumns;
    const LiftedRow lifted{cells + rows.before * picture.cellColumns, cells + rows.after * picture.cellColumns, rows.part};
    const float least = __ldg(picture.least + channel), greatest = __ldg(picture.greatest + channel);
    int known = -1;
    float before = 0, step = 0;
#pragma unroll
    for (int i = 0; i < 9; ++i) {
        const Between columns(min(max(x - 1 + i, 0), width - 1), picture.cellsAColumn, picture.cellColumns);
        if (columns.before != known) {
            known = columns.before;
            before = lifted.at(columns.before);
            step = lifted.at(columns.after) - before;
        }
        to[i] = fminf(greatest, fmaxf(least, to[i] + (before + step * columns.part)));
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

__device__ __forceinline__ float noiseAt(const CodePlane &plane, int x, int y) {
    if (!plane.noise) return 0;
    int row = y - plane.noiseDown, column = x - plane.noiseRight;
    if (row < 0) row += plane.height;
    if (column < 0) column += plane.width;
    return __ldg(plane.noise + int64_t(row) * plane.width + column);
}

__device__ __forceinline__ int codeOf(const CodePlane &plane, float value, int x, int y) {
    return int(fminf(plane.highest + 0.5f, fmaxf(0.f, value + (plane.offset + noiseAt(plane, x, y)))));
}

/// `count` codes of a row from x on, of which those inside are written.
template <int count>
__device__ __forceinline__ void write(const CodePlane &plane, int x, int y, const float (&values)[count]) {
    if (y >= plane.height) return;
    if (plane.isWide) {
        uint16_t *to = static_cast<uint16_t *>(plane.samples) + int64_t(y) * plane.stride + x;
#pragma unroll
        for (int i = 0; i < count; i += 2) {
            if (x + i + 1 < plane.width && plane.stride % 2 == 0)
                *reinterpret_cast<uint32_t *>(to + i) = uint32_t(codeOf(plane, values[i], x + i, y))
                    | uint32_t(codeOf(plane, values[i + 1], x + i + 1, y)) << 16;
            else
                for (int k = i; k < i + 2; ++k)
                    if (x + k < plane.width) to[k] = uint16_t(codeOf(plane, values[k], x + k, y));
        }
        return;
    }
    uint8_t *to = static_cast<uint8_t *>(plane.samples) + int64_t(y) * plane.stride + x;
#pragma unroll
    for (int i = 0; i < count; i += 4) {
        if (x + i + 3 < plane.width && plane.stride % 4 == 0) {
            uint32_t word = 0;
#pragma unroll
            for (int k = 0; k < 4; ++k) word |= uint32_t(codeOf(plane, values[i + k], x + i + k, y)) << (8 * k);
            *reinterpret_cast<uint32_t *>(to + i) = word;
        } else {
            for (int k = i; k < i + 4; ++k)
                if (x + k < plane.width) to[k] = uint8_t(codeOf(plane, values[k], x + k, y));
        }
    }
}

__device__ __forceinline__ float mixed(const CodePlane &plane, float red, float green, float blue) {
    return red * plane.mix[0] + green * plane.mix[1] + blue * plane.mix[2];
}

/// 8x2 samples of luma and the 4 of each chroma plane that lie there: 4:2:0 with chroma rows between two lines.
template <typename Value>
__device__ __forceinline__ void writeHalved(const FinishedPicture &picture, const CodePlanes &codes, bool isCentred) {
    const int x = (blockIdx.x * blockDim.x + threadIdx.x) * 8, y = blockIdx.y * 2;
    if (x >= picture.width) return;
    float blue[4] = {}, red[4] = {};
#pragma unroll
    for (int line = 0; line < 2; ++line) {
        float rgb[3][9];
#pragma unroll
        for (int channel = 0; channel < 3; ++channel)
            load<Value>(picture, channel, x, min(y + line, picture.height - 1), rgb[channel]);
        float luma[8];
#pragma unroll
        for (int i = 0; i < 8; ++i) luma[i] = mixed(codes.planes[0], rgb[0][i + 1], rgb[1][i + 1], rgb[2][i + 1]);
        write(codes.planes[0], x, y + line, luma);
#pragma unroll
        for (int i = 0; i < 4; ++i) {
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
    const int code = codeOf(plane, sum, x, y);
    if (plane.isWide) static_cast<uint16_t *>(plane.samples)[int64_t(y) * plane.stride + x] = uint16_t(code);
    else static_cast<uint8_t *>(plane.samples)[int64_t(y) * plane.stride + x] = uint8_t(code);
}

/// So many samples of a row; one load takes them, unless they are odd.
template <typename Value, int count>
struct alignas(count % 2 == 0 ? count * sizeof(Value) : sizeof(Value)) Run {
    Value samples[count];
};

/// The sum of the scale x scale samples that stand for one of the source; `factor` is the scale, or 0 for any.
template <typename Value, int factor>
__device__ __forceinline__ float sum(const Value *from, int wide, int scale) {
    float result = 0;
    if constexpr (factor > 0) {
        Run<Value, factor> rows[factor];
#pragma unroll
        for (int j = 0; j < factor; ++j) rows[j] = *reinterpret_cast<const Run<Value, factor> *>(from + j * wide);
#pragma unroll
        for (int j = 0; j < factor; ++j)
#pragma unroll
            for (int i = 0; i < factor; ++i) result += number(rows[j].samples[i]);
    } else {
        // Unrolled, it would take registers from the scales that matter.
#pragma unroll 1
        for (int j = 0; j < scale; ++j)
#pragma unroll 1
            for (int i = 0; i < scale; ++i) result += number(from[j * wide + i]);
    }
    return result;
}

/// Which of `size` samples cell `i` of `count` takes (as `adaptive_avg_pool2d`): where they do not come out even, neighbours share some.
struct CellRange {
    unsigned first, size;
    __device__ __forceinline__ CellRange(unsigned i, unsigned size, unsigned count)
        : first(i * size / count), size(((i + 1) * size + count - 1) / count - first) {}
};

/// What all threads of a warp have, joined in the same order always; each of them gets it.
template <typename Join>
__device__ __forceinline__ float joined(float value, const Join &join) {
#pragma unroll
    for (int other = 16; other > 0; other /= 2) value = join(value, __shfl_xor_sync(0xffffffffu, value, other));
    return value;
}

/// What was seen of a cell: sums, and the source's bounds.
struct Seen {
    float lacking = 0, made = 0, least = INFINITY, greatest = -INFINITY;
    __device__ __forceinline__ void take(float source, float mean) {
        lacking += source - mean;
        made += mean;
        least = fminf(least, source);
        greatest = fmaxf(greatest, source);
    }
    __device__ __forceinline__ Seen byAll() const {
        const auto add = [](float a, float b) { return a + b; };
        return {
            joined(lacking, add), joined(made, add), joined(least, [](float a, float b) { return fminf(a, b); }),
            joined(greatest, [](float a, float b) { return fmaxf(a, b); })};
    }
};

/// A warp takes a cell, a thread every 32nd of the source's samples in it: what eight in a row became at 4x, in halves, fills whole sectors.
template <typename Value, int factor>
__device__ __forceinline__ void measure(const CellsTask &task) {
    const int column = (blockIdx.x * blockDim.x + threadIdx.x) / 32, row = blockIdx.y, channel = blockIdx.z, lane = threadIdx.x % 32;
    if (column >= task.columns) return;
    const CellRange across(column, task.width, task.columns), down(row, task.height, task.rows);
    const int scale = factor > 0 ? factor : task.scale, wide = task.width * scale;
    const int64_t line = int64_t(channel) * task.height + down.first;
    const float *source = task.source + line * task.width + across.first;
    const Value *rgb = static_cast<const Value *>(task.rgb) + line * scale * wide + across.first * scale;
    Seen own;
    for (unsigned i = lane; i < across.size * down.size; i += 32) {
        const int x = i % across.size, y = i / across.size;
        own.take(__ldg(source + y * task.width + x), sum<Value, factor>(rgb + (y * wide + x) * scale, wide, scale) / float(scale * scale));
    }
    const Seen all = own.byAll();
    const float count = float(across.size * down.size), found[4] = {all.lacking / count, all.made / count, all.least, all.greatest};
    if (lane > 0) return;
#pragma unroll
    for (int k = 0; k < 4; ++k) task.to[((k * 3 + channel) * task.rows + row) * task.columns + column] = found[k];
}
template <typename Value>
__device__ __forceinline__ void measure(const CellsTask &task) {
    if (task.scale == 4) measure<Value, 4>(task);
    else if (task.scale == 3) measure<Value, 3>(task);
    else if (task.scale == 2) measure<Value, 2>(task);
    else measure<Value, 0>(task);
}

/// The whole picture in the source's colours, as floats.
template <typename Value>
__device__ __forceinline__ void lift(const FinishedPicture &picture, float *to) {
    const int x = (blockIdx.x * blockDim.x + threadIdx.x) * 8, y = blockIdx.y, channel = blockIdx.z;
    if (x >= picture.width) return;
    float values[9];
    load<Value>(picture, channel, x, y, values);
    float *row = to + (int64_t(channel) * picture.height + y) * picture.width + x;
#pragma unroll
    for (int i = 0; i < 8; ++i)
        if (x + i < picture.width) row[i] = values[i + 1];
}

__device__ __forceinline__ float sampleOf(const SourcePlane &plane, int x, int y) {
    const int64_t at = int64_t(y) * plane.stride + int64_t(x) * plane.step;
    if (!plane.isWide) return float(__ldg(static_cast<const uint8_t *>(plane.samples) + at));
    return float(__ldg(static_cast<const uint16_t *>(plane.samples) + at) >> plane.shift);
}

/// A subsampled plane where sample (x, y) of the whole picture lies.
__device__ __forceinline__ float between(const SourcePlane &plane, int x, int y) {
    const float across = (float(x) - plane.placeX) / float(plane.factorX), down = (float(y) - plane.placeY) / float(plane.factorY);
    const float left = floorf(across), top = floorf(down);
    const int x0 = min(max(int(left), 0), plane.width - 1), x1 = min(max(int(left) + 1, 0), plane.width - 1);
    const int y0 = min(max(int(top), 0), plane.height - 1), y1 = min(max(int(top) + 1, 0), plane.height - 1);
    const auto line = [&](int row) {
        const float a = sampleOf(plane, x0, row);
        return a + (sampleOf(plane, x1, row) - a) * (across - left);
    };
    const float above = line(y0);
    return above + (line(y1) - above) * (down - top);
}

}  // namespace

extern "C" __global__ void __launch_bounds__(128) halved_half(
    const __grid_constant__ FinishedPicture picture, const __grid_constant__ CodePlanes codes, int isCentred) {
    writeHalved<__half>(picture, codes, isCentred);
}
extern "C" __global__ void __launch_bounds__(128) halved_float(
    const __grid_constant__ FinishedPicture picture, const __grid_constant__ CodePlanes codes, int isCentred) {
    writeHalved<float>(picture, codes, isCentred);
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
// Twelve blocks at a time have 40 registers a thread: with 32 the compiler waits for a row before it asks for the next.
extern "C" __global__ void __launch_bounds__(128, 12) cells_half(const __grid_constant__ CellsTask task) { measure<__half>(task); }
extern "C" __global__ void __launch_bounds__(128, 12) cells_float(const __grid_constant__ CellsTask task) { measure<float>(task); }
extern "C" __global__ void __launch_bounds__(128) lift_half(const __grid_constant__ FinishedPicture picture, float *to) {
    lift<__half>(picture, to);
}
extern "C" __global__ void __launch_bounds__(128) lift_float(const __grid_constant__ FinishedPicture picture, float *to) {
    lift<float>(picture, to);
}

/// RGB of codes in YUV: [3, H, W]. Rounded after each step at its end, as single tensor operations round.
extern "C" __global__ void __launch_bounds__(128) to_rgb(const __grid_constant__ SourcePicture picture, float *to) {
    const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y;
    if (x >= picture.width) return;
    const float luma = (sampleOf(picture.planes[0], x, y) - picture.lumaOffset) / picture.lumaGain;
    float rgb[3] = {luma, luma, luma};
    if (picture.hasChroma) {
        const float blue = between(picture.planes[1], x, y) - picture.chromaOffset;
        const float red = between(picture.planes[2], x, y) - picture.chromaOffset;
        rgb[0] += picture.redOfRed * red;
        rgb[1] += picture.greenOfRed * red + picture.greenOfBlue * blue;
        rgb[2] += picture.blueOfBlue * blue;
    }
    const int64_t plane = int64_t(picture.width) * picture.height, at = int64_t(y) * picture.width + x;
#pragma unroll
    for (int channel = 0; channel < 3; ++channel) {
        const float held = fminf(fmaxf(rgb[channel], picture.least), picture.greatest);
        to[channel * plane + at] = __fadd_rn(__fmul_rn(held, picture.gain), picture.offset);
    }
}

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
