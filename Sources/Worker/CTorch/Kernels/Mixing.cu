// The mean of a picture and what its neighbours show in its place: `Blend::mixed` in one pass over memory instead of a hundred.
#include <cstdint>

#include "Parameters.h"

using namespace ct::kernels;

namespace {

constexpr int across = 32, down = 8;

/// The cubic kernel (Keys, 1981; a = -0.75, as libtorch has it) of the four samples around a place between the middle ones.
__device__ __forceinline__ void cubic(float x, float (&weights)[4]) {
    constexpr float a = -0.75f;
    const auto inner = [](float t) { return ((a + 2) * t - (a + 3)) * t * t + 1; };
    const auto outer = [](float t) { return ((t - 5) * t + 8) * t * a - 4 * a; };
    weights[0] = outer(x + 1);
    weights[1] = inner(x);
    weights[2] = inner(1 - x);
    weights[3] = outer(2 - x);
}

/// Where a pixel lies between four of a smaller plane, as `upsample_bilinear2d` without aligned corners has it.
struct Place {
    int at[4];
    float x, y;

    __device__ __forceinline__ Place(int i, int j, const MixTask &task) {
        const float column = fmaxf((float(i) + 0.5f) * task.smallAColumn - 0.5f, 0.f);
        const float row = fmaxf((float(j) + 0.5f) * task.smallARow - 0.5f, 0.f);
        const int left = min(int(column), task.smallWidth - 1), top = min(int(row), task.smallHeight - 1);
        const int right = min(left + 1, task.smallWidth - 1), bottom = min(top + 1, task.smallHeight - 1);
        at[0] = top * task.smallWidth + left;
        at[1] = top * task.smallWidth + right;
        at[2] = bottom * task.smallWidth + left;
        at[3] = bottom * task.smallWidth + right;
        x = column - float(left);
        y = row - float(top);
    }
    __device__ __forceinline__ float of(const float *plane) const {
        const float a = __ldg(plane + at[0]), b = __ldg(plane + at[1]), c = __ldg(plane + at[2]), d = __ldg(plane + at[3]);
        const float above = a + (b - a) * x, below = c + (d - c) * x;
        return above + (below - above) * y;
    }
};

}  // namespace

/// Blocks of 32 x 8 threads; shared memory for three planes of a block's pixels and `reach` more on every side.
extern "C" __global__ void __launch_bounds__(across *down) mix(const __grid_constant__ MixTask task) {
    extern __shared__ float own[];
    const int width = across + 2 * task.reach, height = down + 2 * task.reach;
    const int64_t plane = int64_t(task.width) * task.height;
    const int x0 = blockIdx.x * across - task.reach, y0 = blockIdx.y * down - task.reach;
    for (int i = threadIdx.x; i < 3 * width * height; i += across * down) {
        const int channel = i / (width * height), y = i / width % height, x = i % width;
        own[i] = task.own[channel * plane + int64_t(min(max(y0 + y, 0), task.height - 1)) * task.width + min(max(x0 + x, 0), task.width - 1)];
    }
    __syncthreads();
    const int column = threadIdx.x % across, line = threadIdx.x / across;
    const int x = blockIdx.x * across + column, y = blockIdx.y * down + line;
    if (x >= task.width || y >= task.height) return;

    float sum[3], low[3], high[3], weights = 1;
#pragma unroll
    for (int channel = 0; channel < 3; ++channel) {
        const float *from = own + (channel * height + line) * width + column;
        sum[channel] = from[task.reach * width + task.reach];
        low[channel] = high[channel] = sum[channel];
        for (int j = 0; j <= 2 * task.reach; ++j)
            for (int i = 0; i <= 2 * task.reach; ++i) {
                low[channel] = fminf(low[channel], from[j * width + i]);
                high[channel] = fmaxf(high[channel], from[j * width + i]);
            }
    }
    const Place place(x, y, task);
    const int small = task.smallWidth * task.smallHeight;
    for (int n = 0; n < task.count; ++n) {
        const MixNeighbour &neighbour = task.neighbours[n];
        const float weight = place.of(neighbour.weight) * __ldg(neighbour.gate);
        if (!(weight > 0)) continue;
        const float farX = float(x) + place.of(neighbour.flow) * task.columnsASmall;
        const float farY = float(y) + place.of(neighbour.flow + small) * task.rowsASmall;
        const float left = floorf(farX), top = floorf(farY);
        float byX[4], byY[4];
        cubic(farX - left, byX);
        cubic(farY - top, byY);
        int columns[4];
#pragma unroll
        for (int i = 0; i < 4; ++i) columns[i] = min(max(int(left) - 1 + i, 0), task.width - 1);
        float found[3] = {};
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            const float *row = neighbour.result + int64_t(min(max(int(top) - 1 + j, 0), task.height - 1)) * task.width;
#pragma unroll
            for (int channel = 0; channel < 3; ++channel) {
                const float *from = row + channel * plane;
                float part = 0;
#pragma unroll
                for (int i = 0; i < 4; ++i) part += __ldg(from + columns[i]) * byX[i];
                found[channel] += part * byY[j];
            }
        }
#pragma unroll
        for (int channel = 0; channel < 3; ++channel)
            sum[channel] += fminf(fmaxf(found[channel], low[channel]), high[channel]) * weight;
        weights += weight;
    }
#pragma unroll
    for (int channel = 0; channel < 3; ++channel) task.to[channel * plane + int64_t(y) * task.width + x] = sum[channel] / weights;
}
