// What a network made and its source, [3, H, W] each, measured cell by cell of a coarse grid: what one lacks of the other's colours, and the bounds.
#include <cuda_fp16.h>

#include <cstdint>

#include "Numbers.h"
#include "Unshuffled.h"

using namespace ct::kernels;

namespace {

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

/// The same ahead of the shuffle, all channels at once: with the same order of sums.
__device__ __forceinline__ void measure(const CellsTask &task, const UnshuffledPicture &from) {
    const int column = (blockIdx.x * blockDim.x + threadIdx.x) / 32, row = blockIdx.y, lane = threadIdx.x % 32;
    if (column >= task.columns) return;
    const CellRange across(column, task.width, task.columns), down(row, task.height, task.rows);
    const int64_t plane = int64_t(task.width) * task.height;
    Seen own[3];
    for (unsigned i = lane; i < across.size * down.size; i += 32) {
        const int x = across.first + i % across.size, y = down.first + i / across.size;
        const UnshuffledLines halves[2] = {{from, x, y, 0}, {from, x, y, 1}};
#pragma unroll
        for (int channel = 0; channel < 3; ++channel) {
            float sum = 0;
#pragma unroll
            for (int k = 0; k < 16; ++k) sum += halves[k / 8].at(channel, k / 4 % 2, k % 4);
            own[channel].take(__ldg(task.source + channel * plane + int64_t(y) * task.width + x), sum / 16);
        }
    }
    const float count = float(across.size * down.size);
#pragma unroll
    for (int channel = 0; channel < 3; ++channel) {
        const Seen all = own[channel].byAll();
        const float found[4] = {all.lacking / count, all.made / count, all.least, all.greatest};
        if (lane > 0) continue;
#pragma unroll
        for (int k = 0; k < 4; ++k) task.to[((k * 3 + channel) * task.rows + row) * task.columns + column] = found[k];
    }
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

}  // namespace

// Twelve blocks at a time have 40 registers a thread: with 32 the compiler waits for a row before it asks for the next.
extern "C" __global__ void __launch_bounds__(128, 12) cells_half(const __grid_constant__ CellsTask task) { measure<__half>(task); }
extern "C" __global__ void __launch_bounds__(128, 12) cells_float(const __grid_constant__ CellsTask task) { measure<float>(task); }
extern "C" __global__ void __launch_bounds__(128, 8) cells_unshuffled(
    const __grid_constant__ CellsTask task, const __grid_constant__ UnshuffledPicture from) {
    measure(task, from);
}
extern "C" __global__ void __launch_bounds__(1024) settle_cells(const float *cells, int count, float *to) { settle(cells, count, to); }
