// Motion between two pictures, and how far it can be trusted: a step of what Flow.cpp and Blend.cpp do in tensor operations, each in one kernel.
//
// Planes are [height, width] of floats. Means are over windows about a sample; beyond the borders stands the outermost one. A block makes
// 32 x 32 samples, and keeps what its windows need beside them in shared memory: what lies beyond a border, too, so that no window looks for it.
// (Windows about places beyond it come to nothing that is used.)
#include <cstdint>

#include "Parameters.h"

using namespace ct::kernels;

namespace {

constexpr int edge = 32, threads = 256;

__device__ __forceinline__ int held(int i, int count) { return min(max(i, 0), count - 1); }

/// Bilinearly, at a place that is held inside.
__device__ __forceinline__ float sampled(const float *plane, int width, int height, float x, float y) {
    x = fminf(fmaxf(x, 0.f), float(width - 1));
    y = fminf(fmaxf(y, 0.f), float(height - 1));
    const int left = int(x), top = int(y), right = min(left + 1, width - 1), bottom = min(top + 1, height - 1);
    const float byX = x - float(left), byY = y - float(top);
    const float a = __ldg(plane + int64_t(top) * width + left), b = __ldg(plane + int64_t(top) * width + right);
    const float c = __ldg(plane + int64_t(bottom) * width + left), d = __ldg(plane + int64_t(bottom) * width + right);
    const float above = a + (b - a) * byX, below = c + (d - c) * byX;
    return above + (below - above) * byY;
}

}  // namespace

/// One step of Lucas and Kanade: a better flow, [2, height, width].
extern "C" __global__ void __launch_bounds__(threads) better_flow(const __grid_constant__ FlowTask task) {
    constexpr int reach = 4, ring = 1, wide = edge + 2 * (reach + ring), middle = edge + 2 * ring;
    __shared__ float products[2][wide][wide + 1], sums[2][wide][middle + 1], flow[2][middle][middle + 1];
    const int width = task.width, height = task.height, x0 = blockIdx.x * edge, y0 = blockIdx.y * edge;
    const int plane = width * height;
    for (int i = threadIdx.x; i < wide * wide; i += threads) {
        const int x = held(x0 - reach - ring + i % wide, width), y = held(y0 - reach - ring + i / wide, height), at = y * width + x;
        const float found =
            sampled(task.other, width, height, float(x) + __ldg(task.flow + at), float(y) + __ldg(task.flow + plane + at));
        const float change = found - __ldg(task.luma + at);
        products[0][i / wide][i % wide] = __ldg(task.alongX + at) * change;
        products[1][i / wide][i % wide] = __ldg(task.alongY + at) * change;
    }
    __syncthreads();
    for (int i = threadIdx.x; i < wide * middle; i += threads) {
        const int column = i % middle, line = i / middle;
        float first = 0, second = 0;
#pragma unroll
        for (int k = 0; k <= 2 * reach; ++k) {
            first += products[0][line][column + k];
            second += products[1][line][column + k];
        }
        sums[0][line][column] = first;
        sums[1][line][column] = second;
    }
    __syncthreads();
    for (int i = threadIdx.x; i < middle * middle; i += threads) {
        const int column = i % middle, line = i / middle;
        const int x = held(x0 - ring + column, width), y = held(y0 - ring + line, height), at = y * width + x;
        float first = 0, second = 0;
#pragma unroll
        for (int k = 0; k <= 2 * reach; ++k) {
            first += sums[0][line + k][column];
            second += sums[1][line + k][column];
        }
        constexpr float share = 1.f / ((2 * reach + 1) * (2 * reach + 1));
        first *= share;
        second *= share;
        const float xx = __ldg(task.xx + at), xy = __ldg(task.xy + at), yy = __ldg(task.yy + at), determinant = __ldg(task.determinant + at);
        const float byX = (xy * second - yy * first) / determinant, byY = (xy * first - xx * second) / determinant;
        flow[0][line][column] = __ldg(task.flow + at) + fminf(task.furthest, fmaxf(-task.furthest, byX));
        flow[1][line][column] = __ldg(task.flow + plane + at) + fminf(task.furthest, fmaxf(-task.furthest, byY));
    }
    __syncthreads();
    for (int i = threadIdx.x; i < edge * edge; i += threads) {
        const int x = x0 + i % edge, y = y0 + i / edge;
        if (x >= width || y >= height) continue;
        float first = 0, second = 0;
        for (int k = -ring; k <= ring; ++k)
            for (int j = -ring; j <= ring; ++j) {
                const int line = held(y + k, height) - (y0 - ring), column = held(x + j, width) - (x0 - ring);
                first += flow[0][line][column];
                second += flow[1][line][column];
            }
        task.to[y * width + x] = first / 9;
        task.to[plane + y * width + x] = second / 9;
    }
}

/// What least squares need of a level: derivatives, their products' means (with `regularity`), and the determinant.
extern "C" __global__ void __launch_bounds__(threads) slopes(const __grid_constant__ SlopesTask task) {
    constexpr int reach = 4, wide = edge + 2 * reach;
    __shared__ float along[2][wide][wide + 1], sums[3][wide][edge + 1];
    const int width = task.width, height = task.height, x0 = blockIdx.x * edge, y0 = blockIdx.y * edge;
    for (int i = threadIdx.x; i < wide * wide; i += threads) {
        const int x = held(x0 - reach + i % wide, width), y = held(y0 - reach + i / wide, height);
        const float *row = task.luma + int64_t(y) * width;
        along[0][i / wide][i % wide] = 0.5f * (__ldg(row + held(x + 1, width)) - __ldg(row + held(x - 1, width)));
        along[1][i / wide][i % wide] =
            0.5f * (__ldg(task.luma + int64_t(held(y + 1, height)) * width + x) - __ldg(task.luma + int64_t(held(y - 1, height)) * width + x));
    }
    __syncthreads();
    for (int i = threadIdx.x; i < wide * edge; i += threads) {
        const int column = i % edge, line = i / edge;
        float xx = 0, xy = 0, yy = 0;
#pragma unroll
        for (int k = 0; k <= 2 * reach; ++k) {
            const float a = along[0][line][column + k], b = along[1][line][column + k];
            xx += a * a;
            xy += a * b;
            yy += b * b;
        }
        sums[0][line][column] = xx;
        sums[1][line][column] = xy;
        sums[2][line][column] = yy;
    }
    __syncthreads();
    for (int i = threadIdx.x; i < edge * edge; i += threads) {
        const int x = x0 + i % edge, y = y0 + i / edge;
        if (x >= width || y >= height) continue;
        float mean[3] = {};
#pragma unroll
        for (int k = 0; k <= 2 * reach; ++k)
#pragma unroll
            for (int j = 0; j < 3; ++j) mean[j] += sums[j][i / edge + k][i % edge];
        constexpr float share = 1.f / ((2 * reach + 1) * (2 * reach + 1));
        const float xx = mean[0] * share + task.regularity, xy = mean[1] * share, yy = mean[2] * share + task.regularity;
        const int at = y * width + x;
        task.alongX[at] = along[0][i / edge + reach][i % edge + reach];
        task.alongY[at] = along[1][i / edge + reach][i % edge + reach];
        task.xx[at] = xx;
        task.xy[at] = xy;
        task.yy[at] = yy;
        task.determinant[at] = xx * yy - xy * xy;
    }
}

/// A coarser level's flow, [2, smallHeight, smallWidth], at twice the size and in pixels of that.
extern "C" __global__ void __launch_bounds__(threads) refine(
    const float *flow, float *to, int smallWidth, int smallHeight, int width, int height) {
    const int x = blockIdx.x * threads + threadIdx.x, y = blockIdx.y, axis = blockIdx.z;
    if (x >= width) return;
    const float column = fmaxf((float(x) + 0.5f) * 0.5f - 0.5f, 0.f), row = fmaxf((float(y) + 0.5f) * 0.5f - 0.5f, 0.f);
    const float *plane = flow + int64_t(axis) * smallWidth * smallHeight;
    to[(int64_t(axis) * height + y) * width + x] = 2 * sampled(plane, smallWidth, smallHeight, column, row);
}

/// How much a neighbour counts: by the mean of its squared difference about each sample, or that itself where it is larger.
extern "C" __global__ void __launch_bounds__(threads) match_weight(const __grid_constant__ MatchTask task) {
    constexpr int reach = 2, wide = edge + 2 * reach;
    __shared__ float squares[wide][wide + 1];
    const int width = task.width, height = task.height, x0 = blockIdx.x * edge, y0 = blockIdx.y * edge;
    const int64_t plane = int64_t(width) * height;
    for (int i = threadIdx.x; i < wide * wide; i += threads) {
        const int x = held(x0 - reach + i % wide, width), y = held(y0 - reach + i / wide, height);
        const int64_t at = int64_t(y) * width + x;
        const float toX = float(x) + __ldg(task.flow + at), toY = float(y) + __ldg(task.flow + plane + at);
        float most = 0;
        for (int channel = 0; channel < 3; ++channel) {
            const float off = sampled(task.neighbour + channel * plane, width, height, toX, toY) - __ldg(task.source + channel * plane + at);
            most = fmaxf(most, off * off);
        }
        squares[i / wide][i % wide] = most;
    }
    __syncthreads();
    for (int i = threadIdx.x; i < edge * edge; i += threads) {
        const int x = x0 + i % edge, y = y0 + i / edge;
        if (x >= width || y >= height) continue;
        float sum = 0;
#pragma unroll
        for (int k = 0; k <= 2 * reach; ++k)
#pragma unroll
            for (int j = 0; j <= 2 * reach; ++j) sum += squares[i / edge + k][i % edge + j];
        const float square = fmaxf(sum / 25, squares[i / edge + reach][i % edge + reach]);
        const int64_t at = int64_t(y) * width + x;
        task.to[at] = fmaxf(expf(square / __ldg(task.tolerance + at) * -0.5f) - task.least, 0.f);
    }
}
