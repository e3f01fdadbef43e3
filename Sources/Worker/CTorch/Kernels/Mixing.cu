// The mean of a picture and what its neighbours show in its place: `Blend::mixed` in one pass over memory instead of a hundred.
#include <Warps.h>

#include "Parameters.h"

using namespace ct::kernels;

namespace {

constexpr int across = MixTask::across, down = MixTask::down, threads = 256, warps = threads / across;

/// The cubic kernel (Keys, 1981; a = -0.75, as libtorch has it) of the four samples around a place between the middle ones.
__device__ __forceinline__ void cubic(float x, float (&weights)[4]) {
    constexpr float a = -0.75f;
    const float y = 1 - x, both = a * x * y;
    weights[0] = both * y;
    weights[1] = ((a + 2) * x - (a + 3)) * (x * x) + 1;
    weights[2] = ((a + 2) * y - (a + 3)) * (y * y) + 1;
    weights[3] = both * x;
}

/// Where a pixel lies between four of a smaller plane, as `upsample_bilinear2d` without aligned corners has it; two at least along either axis.
struct Place {
    int at;
    float x, y;

    __device__ __forceinline__ Place(int i, int j, const MixTask &task) {
        const float column = fmaxf((float(i) + 0.5f) * task.smallAColumn - 0.5f, 0.f);
        const float row = fmaxf((float(j) + 0.5f) * task.smallARow - 0.5f, 0.f);
        const int left = min(int(column), task.smallWidth - 2), top = min(int(row), task.smallHeight - 2);
        at = top * task.smallWidth + left;
        x = fminf(column - float(left), 1.f);
        y = fminf(row - float(top), 1.f);
    }
    __device__ __forceinline__ float of(const float *plane, int width) const {
        const float *const upper = plane + at, *const lower = upper + width;
        const float a = __ldg(upper), b = __ldg(upper + 1), c = __ldg(lower), d = __ldg(lower + 1);
        const float above = a + (b - a) * x, below = c + (d - c) * x;
        return above + (below - above) * y;
    }
};

/// A picture around a place between samples: four by four of each channel. Beyond the borders stands the outermost one.
struct Sampled {
    float channels[3] = {};

    __device__ __forceinline__ Sampled(const float *picture, int width, int height, float x, float y) {
        const float left = floorf(x), top = floorf(y);
        float byX[4], byY[4];
        cubic(x - left, byX);
        cubic(y - top, byY);
        const int column = int(left) - 1, row = int(top) - 1;
        const int64_t plane = int64_t(width) * height;
        if (column >= 0 && column <= width - 4 && row >= 0 && row <= height - 4) {
            const float *from = picture + (int64_t(row) * width + column);
#pragma unroll
            for (int j = 0; j < 4; ++j, from += width) take(from, plane, {0, 1, 2, 3}, byX, byY[j]);
            return;
        }
        // Few come here: so little code that it is not in the way of the others'.
        const auto inside = [](int i, int size) { return min(max(i, 0), size - 1); };
        const int4 columns = {inside(column, width), inside(column + 1, width), inside(column + 2, width), inside(column + 3, width)};
#pragma unroll 1
        for (int j = 0; j < 4; ++j) {
            const float by = j < 2 ? (j == 0 ? byY[0] : byY[1]) : j == 2 ? byY[2] : byY[3];
            take(picture + int64_t(inside(row + j, height)) * width, plane, columns, byX, by);
        }
    }

  private:
    /// A row's four.
    __device__ __forceinline__ void take(const float *row, int64_t plane, int4 columns, const float (&byX)[4], float byY) {
#pragma unroll
        for (int channel = 0; channel < 3; ++channel, row += plane) {
            float part = __ldg(row + columns.x) * byX[0];
            part += __ldg(row + columns.y) * byX[1];
            part += __ldg(row + columns.z) * byX[2];
            part += __ldg(row + columns.w) * byX[3];
            channels[channel] += part * byY;
        }
    }
};

/// A block's pixels and `reach` more on every side, in shared memory, and of each row the least and greatest within `reach` of a column: between
/// those that lie within `reach` of a line, what neighbours bring is held. (`MixTask::sharedBytes` says how much memory that is.)
/// - fixed: the reach where it is known when this is compiled, or 0.
template <int fixed>
struct Surroundings {
    const int reach, wide = across + 2 * reach, tall = down + 2 * reach;
    float *const own, *const least = own + 3 * tall * wide, *const greatest = least + 3 * tall * across;

    __device__ __forceinline__ Surroundings(float *memory, int reach) : reach(fixed > 0 ? fixed : reach), own(memory) {}

    __device__ __forceinline__ void fill(const MixTask &task) const {
        const int64_t plane = int64_t(task.width) * task.height;
        const int x0 = blockIdx.x * across - reach, y0 = blockIdx.y * down - reach;
#pragma unroll 1
        for (int i = threadIdx.x; i < tall * wide; i += threads) {
            const int x = min(max(x0 + i % wide, 0), task.width - 1), y = min(max(y0 + i / wide, 0), task.height - 1);
            const float *from = task.own + (int64_t(y) * task.width + x);
#pragma unroll
            for (int channel = 0; channel < 3; ++channel, from += plane) own[channel * tall * wide + i] = __ldg(from);
        }
        __syncthreads();
        const int column = threadIdx.x % across;
#pragma unroll 1
        for (int line = threadIdx.x / across; line < tall; line += warps)
#pragma unroll
            for (int channel = 0; channel < 3; ++channel) {
                const float *from = own + (channel * tall + line) * wide + column;
                const int at = (channel * tall + line) * across + column;
                extremes(from, from, 1, least[at], greatest[at]);
            }
        __syncthreads();
    }
    __device__ __forceinline__ float pixel(int channel, int column, int line) const {
        return own[(channel * tall + line + reach) * wide + column + reach];
    }
    __device__ __forceinline__ void bounds(int channel, int column, int line, float &low, float &high) const {
        const int at = (channel * tall + line) * across + column;
        extremes(least + at, greatest + at, across, low, high);
    }

  private:
    /// Of 2 · reach + 1 values.
    __device__ __forceinline__ void extremes(const float *small, const float *great, int step, float &low, float &high) const {
        float lowest = small[0], highest = great[0];
        const auto take = [&](int i) {
            lowest = fminf(lowest, small[i * step]);
            highest = fmaxf(highest, great[i * step]);
        };
        if constexpr (fixed > 0) {
#pragma unroll
            for (int i = 1; i <= 2 * fixed; ++i) take(i);
        } else {
#pragma unroll 1
            for (int i = 1; i <= 2 * reach; ++i) take(i);
        }
        low = lowest;
        high = highest;
    }
};

/// One pixel of the block's.
template <int fixed>
__device__ __forceinline__ void mixOne(const MixTask &task, const Surroundings<fixed> &around, int column, int line) {
    const int x = blockIdx.x * across + column, y = blockIdx.y * down + line;
    if (x >= task.width || y >= task.height) return;
    float sum[3], low[3], high[3], weights = 1;
#pragma unroll
    for (int channel = 0; channel < 3; ++channel) {
        sum[channel] = around.pixel(channel, column, line);
        around.bounds(channel, column, line, low[channel], high[channel]);
    }
    const Place place(x, y, task);
#pragma unroll 1
    for (int n = 0; n < task.count; ++n) {
        const MixNeighbour &neighbour = task.neighbours[n];
        const float weight = place.of(neighbour.weight, task.smallWidth) * __ldg(neighbour.gate);
        if (!(weight > 0)) continue;
        const Sampled found(
            neighbour.result, task.width, task.height, float(x) + place.of(neighbour.flow, task.smallWidth) * task.columnsASmall,
            float(y) + place.of(neighbour.flow + task.smallWidth * task.smallHeight, task.smallWidth) * task.rowsASmall);
#pragma unroll
        for (int channel = 0; channel < 3; ++channel)
            sum[channel] += fminf(fmaxf(found.channels[channel], low[channel]), high[channel]) * weight;
        weights += weight;
    }
    float *to = task.to + (int64_t(y) * task.width + x);
    const int64_t plane = int64_t(task.width) * task.height;
    const float share = __fdividef(1.f, weights);
#pragma unroll
    for (int channel = 0; channel < 3; ++channel, to += plane) *to = sum[channel] * share;
}

template <int fixed>
__device__ __forceinline__ void mixAll(const MixTask &task) {
    const Surroundings<fixed> around(reinterpret_cast<float *>(dynamicShared()), task.reach);
    around.fill(task);
#pragma unroll 1
    for (int line = threadIdx.x / across; line < down; line += warps) mixOne(task, around, threadIdx.x % across, line);
}

}  // namespace

// Four blocks at a time have 64 registers a thread. The reach of 4x, of 2x and 3x, and any.
extern "C" __global__ void __launch_bounds__(threads, 4) mix_two(const __grid_constant__ MixTask task) { mixAll<2>(task); }
extern "C" __global__ void __launch_bounds__(threads, 4) mix_one(const __grid_constant__ MixTask task) { mixAll<1>(task); }
extern "C" __global__ void __launch_bounds__(threads, 4) mix_any(const __grid_constant__ MixTask task) { mixAll<0>(task); }
