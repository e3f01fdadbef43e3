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

/// Samples x-1 to x+7 of a row; beyond the borders stands the last one.
template <typename Value, bool areWhole>
__device__ __forceinline__ void load(const Value *row, int width, int x, float (&to)[9]) {
    if (areWhole || (sizeof(Value) == 2 && x + 8 <= width && width % 8 == 0)) {
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
#pragma unroll
        for (int i = 0; i < count; i += 4)
            *reinterpret_cast<uint32_t *>(to + i) = codes[i] | codes[i + 1] << 8 | codes[i + 2] << 16 | codes[i + 3] << 24;
    } else {
#pragma unroll
        for (int i = 0; i < count; ++i)
            if (x + i < plane.width) to[i] = uint8_t(codes[i]);
    }
}

__device__ __forceinline__ float mixed(const CodePlane &plane, float red, float green, float blue) {
    return red * plane.mix[0] + green * plane.mix[1] + blue * plane.mix[2];
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
    const int code = codeOf(plane, sum + noiseAt(plane, x, y));
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

/// What a channel's cells come to, a block a channel: `to` is [4, 3], the source's mean, the result's, the source's least and greatest value.
__device__ __forceinline__ void settle(const float *cells, int count, float *to) {
    __shared__ Seen seen[32];
    const int channel = blockIdx.x, warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    const float *own = cells + int64_t(channel) * count;
    const int64_t kind = int64_t(3) * count;
    Seen all;
#pragma unroll 4
    for (int i = threadIdx.x; i < count; i += 1024) {
        all.lacking += __ldg(own + i);
        all.made += __ldg(own + kind + i);
        all.least = fminf(all.least, __ldg(own + 2 * kind + i));
        all.greatest = fmaxf(all.greatest, __ldg(own + 3 * kind + i));
    }
    all = all.byAll();
    if (lane == 0) seen[warp] = all;
    __syncthreads();
    if (warp > 0) return;
    all = seen[lane];
    all = all.byAll();
    if (lane > 0) return;
    to[channel] = (all.lacking + all.made) / float(count);
    to[3 + channel] = all.made / float(count);
    to[6 + channel] = all.least;
    to[9 + channel] = all.greatest;
}

/// The whole picture in the source's colours, as floats.
template <typename Value>
__device__ __forceinline__ void lift(const FinishedPicture &picture, float *to) {
    const int x = (blockIdx.x * blockDim.x + threadIdx.x) * 8, y = blockIdx.y, channel = blockIdx.z;
    if (x >= picture.width) return;
    float values[9];
    load<Value, false>(picture, channel, x, y, values);
    float *row = to + (int64_t(channel) * picture.height + y) * picture.width + x;
#pragma unroll
    for (int i = 0; i < 8; ++i)
        if (x + i < picture.width) row[i] = values[i + 1];
}

__device__ __forceinline__ float sampleOf(const SourcePlane &plane, int x, int y) {
    const int64_t at = int64_t(y) * plane.stride + int64_t(x) * plane.step;
    const int word = plane.isWide ? int(__ldg(static_cast<const uint16_t *>(plane.samples) + at)) >> plane.shift
                                  : int(__ldg(static_cast<const uint8_t *>(plane.samples) + at));
    return float(word);
}

/// Where sample (x, y) of the whole picture lies in a subsampled plane.
struct Place {
    int x0, x1, y0, y1;
    float right, lower;
    __device__ __forceinline__ Place(const SourcePlane &plane, int x, int y) {
        const float across = (float(x) - plane.placeX) * plane.across, down = (float(y) - plane.placeY) * plane.down;
        const float left = floorf(across), top = floorf(down);
        x0 = min(max(int(left), 0), plane.width - 1), x1 = min(max(int(left) + 1, 0), plane.width - 1);
        y0 = min(max(int(top), 0), plane.height - 1), y1 = min(max(int(top) + 1, 0), plane.height - 1);
        right = across - left, lower = down - top;
    }
    __device__ __forceinline__ float of(const SourcePlane &plane) const {
        const auto line = [&](int row) {
            const float a = sampleOf(plane, x0, row);
            return a + (sampleOf(plane, x1, row) - a) * right;
        };
        const float above = line(y0);
        return above + (line(y1) - above) * lower;
    }
};

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
// Twelve blocks at a time have 40 registers a thread: with 32 the compiler waits for a row before it asks for the next.
extern "C" __global__ void __launch_bounds__(128, 12) cells_half(const __grid_constant__ CellsTask task) { measure<__half>(task); }
extern "C" __global__ void __launch_bounds__(128, 12) cells_float(const __grid_constant__ CellsTask task) { measure<float>(task); }
extern "C" __global__ void __launch_bounds__(1024) settle_cells(const float *cells, int count, float *to) { settle(cells, count, to); }
extern "C" __global__ void __launch_bounds__(128) lift_half(const __grid_constant__ FinishedPicture picture, float *to) {
    lift<__half>(picture, to);
}
extern "C" __global__ void __launch_bounds__(128) lift_float(const __grid_constant__ FinishedPicture picture, float *to) {
    lift<float>(picture, to);
}

namespace {

/// RGB of codes in YUV. Rounded after each step at its end, as single tensor operations round.
__device__ __forceinline__ void toRGB(const SourcePicture &picture, int x, int y, float (&rgb)[3]) {
    const float luma = (sampleOf(picture.planes[0], x, y) - picture.lumaOffset) / picture.lumaGain;
    rgb[0] = rgb[1] = rgb[2] = luma;
    if (picture.hasChroma) {
        const Place place(picture.planes[1], x, y);  // the same in both
        const float blue = place.of(picture.planes[1]) - picture.chromaOffset, red = place.of(picture.planes[2]) - picture.chromaOffset;
        rgb[0] += picture.redOfRed * red;
        rgb[1] += picture.greenOfRed * red + picture.greenOfBlue * blue;
        rgb[2] += picture.blueOfBlue * blue;
    }
#pragma unroll
    for (int channel = 0; channel < 3; ++channel) {
        const float held = fminf(fmaxf(rgb[channel], picture.least), picture.greatest);
        rgb[channel] = __fadd_rn(__fmul_rn(held, picture.gain), picture.offset);
    }
}

}  // namespace

/// To [3, H, W]; a thread takes four in a row.
extern "C" __global__ void __launch_bounds__(128) to_rgb(const __grid_constant__ SourcePicture picture, float *to) {
    const int x = (blockIdx.x * blockDim.x + threadIdx.x) * 4, y = blockIdx.y, width = picture.width;
    if (x >= width) return;
    float rgb[4][3];
#pragma unroll
    for (int i = 0; i < 4; ++i) toRGB(picture, min(x + i, width - 1), y, rgb[i]);
    const int64_t plane = int64_t(width) * picture.height;
#pragma unroll
    for (int channel = 0; channel < 3; ++channel) {
        float *const row = to + channel * plane + int64_t(y) * width + x;
        if (width % 4 == 0 && plane % 4 == 0) {
            *reinterpret_cast<float4 *>(row) = make_float4(rgb[0][channel], rgb[1][channel], rgb[2][channel], rgb[3][channel]);
        } else {
#pragma unroll
            for (int i = 0; i < 4; ++i)
                if (x + i < width) row[i] = rgb[i][channel];
        }
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
