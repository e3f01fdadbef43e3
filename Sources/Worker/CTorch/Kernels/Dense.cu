// 3x3 convolutions of what is concatenated (dense blocks) to at most 64 channels, with bias, PReLU and residual sums, for every GPU from
// Ampere on, by warp-wide products (mma.sync). Shared memory: 57 KB, of the 99 KB that a block may have on every such GPU.
//
// A block makes a tile of 16 x 32 pixels times up to 32 outputs, or 16 x 16 times 64. It goes through its inputs in steps of 16 channels, of
// which the tile's pixels and those around it, and the weights, come into shared memory while the step before is multiplied. Each of four warps
// makes 8 x 16 pixels times 32 outputs: a row of pixels is read from shared memory once for each of the kernel's columns and feeds up to three rows
// of results. A product (16 x 8 x 16) so takes 85 bytes from there, where A100 delivers 256 meanwhile and H100 some 180. Two blocks share an SM
// where its memory suffices: one's products hide the other's waiting and writing. RTX 30 to 50 have room for one, and make a quarter as many
// products or fewer in the same time.
//
// Every output is summed in the same order (steps, the kernel's columns, its rows), whatever the grid, the batch or the place.
#include <Warps.h>

#include "Activation.h"
#include "Parameters.h"

namespace {

using ct::kernels::DenseTask;

constexpr int threads = DenseTask::threads, rowsAWarp = DenseTask::rowsAWarp, bytesAPixel = DenseTask::channelsAStep * 2;

/// - pairs: of products of 8 outputs, for each warp.
/// - groups: of warps with outputs of their own.
template <int pairs, int groups>
struct Shape {
    static constexpr int outputs = 16 * pairs * groups, columns = DenseTask::columns(outputs), across = columns + 2;
    static constexpr int pixels = (DenseTask::rows + 2) * across;
    static constexpr int pixelBytes = DenseTask::pixelBytes(outputs), weightBytes = DenseTask::weightBytes(outputs);
    static constexpr int stepBytes = pixelBytes + weightBytes;
};

/// The first pixel of a tile.
struct Tile {
    int n, y, x;
};

__device__ __forceinline__ Tile tileAt(const DenseTask &task, int i, int columns) {
    const unsigned row = unsigned(i) / unsigned(task.tilesAcross), n = row / unsigned(task.tilesDown);
    return {int(n), (int(row) - int(n) * task.tilesDown) * DenseTask::rows, (i - int(row) * task.tilesAcross) * columns};
}

/// What lies in shared memory next: 16 channels of a picture, and of which tile.
template <typename S>
struct Step {
    int tile;
    Tile place;
    int picture = 0, channel = 0, number = 0;

    __device__ __forceinline__ Step(const DenseTask &task, int tile) : tile(tile), place(tileAt(task, tile, S::columns)) {}

    __device__ __forceinline__ void advance(const DenseTask &task) {
        ++number;
        channel += DenseTask::channelsAStep;
        if (channel < task.channels[picture]) return;
        channel = 0;
        if (++picture < task.count) return;
        picture = number = 0;
        tile += int(gridDim.x);
        place = tileAt(task, tile, S::columns);
        // Behind the last one zeros are copied, without a branch either.
        if (tile >= task.tiles) place.y = task.height + 1;
    }

    /// A third of it, such that addresses are computed among products. Pixels are 32 bytes each, whose halves change places every four columns: the
    /// same half of eight pixels in a row lies in different banks, wherever they start.
    __device__ __forceinline__ void copy(const DenseTask &task, uint32_t to, int third) const {
        const int thread = unknown(int(threadIdx.x)), channels = task.channels[picture];
        const __half *const from = static_cast<const __half *>(task.pictures[picture]) + channel;
#pragma unroll
        for (int begin = third * threads; begin < 2 * S::pixels; begin += 3 * threads) {
            // Whoever has none left copies the last one too: a branch would keep copies and products apart.
            const int i = min(begin + thread, 2 * S::pixels - 1), pixel = i >> 1, half = i & 1;
            const int row = pixel / S::across, column = pixel - row * S::across;
            const int y = place.y - 1 + row, x = place.x - 1 + column;
            const bool isInside = y >= 0 && y < task.height && x >= 0 && x < task.width;
            const int64_t at = ((int64_t(place.n) * task.height + y) * task.width + x) * channels + half * 8;
            copyAsync(to + pixel * bytesAPixel + ((half ^ (column >> 2 & 1)) << 4), isInside ? from + at : from, isInside);
        }
        const uint4 *const weights = static_cast<const uint4 *>(task.weights) + int64_t(number) * (S::weightBytes / 16);
#pragma unroll
        for (int begin = third * threads; begin < S::weightBytes / 16; begin += 3 * threads) {
            const int i = min(begin + thread, S::weightBytes / 16 - 1);
            copyKept(to + S::pixelBytes + i * 16, weights + i);
        }
    }
};

/// Adds a step to a warp's sums.
/// - pixels: for each column of the kernel, where this lane's row of the matrices lies: a pixel's (lane & 15) half (lane >> 4).
/// - weights: this lane's, of this warp's outputs: [row][column][groups][pair][lane].
/// - beside: what is done meanwhile, in thirds; early, for it is waited for when the step is done.
template <int pairs, int groups, typename Beside>
__device__ __forceinline__ void addStep(
    float (&sums)[rowsAWarp][2 * pairs][4], const uint32_t (&pixels)[3], uint32_t weights, uint32_t offset, const Beside &beside) {
    uint4 w[3][pairs];
    const auto fetch = [&](int row, int column) {
#pragma unroll
        for (int pair = 0; pair < pairs; ++pair) w[row][pair] = loadShared(weights + offset + ((row * 3 + column) * groups * pairs + pair) * 512);
    };
    fetch(0, 0);
    fetch(1, 0);
#pragma unroll
    for (int column = 0; column < 3; ++column)
#pragma unroll
        for (int y = 0; y < rowsAWarp + 2; ++y) {
            const int at = column * (rowsAWarp + 2) + y;
            if (at % 5 == 1 && at < 15) beside(at / 5);
            // A row of weights comes when the one of the column before was needed last.
            if (y == 0) fetch(2, column);
            if (y > rowsAWarp - 1 && column < 2) fetch(y - rowsAWarp, column + 1);
            uint32_t a[4];
            loadMatrices(a, pixels[column] + offset + y * Shape<pairs, groups>::across * bytesAPixel);
#pragma unroll
            for (int row = 0; row < 3; ++row) {
                if (y < row || y - row >= rowsAWarp) continue;
#pragma unroll
                for (int pair = 0; pair < pairs; ++pair) {
                    float(&even)[4] = sums[y - row][2 * pair], (&odd)[4] = sums[y - row][2 * pair + 1];
                    multiply(even, a, w[row][pair].x, w[row][pair].y, even);
                    multiply(odd, a, w[row][pair].z, w[row][pair].w, odd);
                }
            }
        }
}

/// Of a block's tile: a warp's first output and pixel, and the neighbouring channels that a lane ends up with.
template <int pairs, int groups>
struct Part {
    int group, row, column, channel;

    __device__ __forceinline__ explicit Part(int thread)
        : group((thread >> 5) % groups), row((thread >> 5) / groups % (DenseTask::rows / rowsAWarp) * rowsAWarp),
          column((thread >> 5) / groups / (DenseTask::rows / rowsAWarp) * 16),
          channel(group * 16 * pairs + (thread & 3) * 4 * pairs) {}
};

/// The channels of a pixel that a lane ends up with.
template <int pairs>
struct alignas(8 * pairs) Neighbours {
    __half2 values[2 * pairs];
};

/// Activates a warp's sums, adds them to the bases, and writes them. Pixel i of a lane lies i / 2 rows and i % 2 times 8 columns from its first one.
template <int pairs, int groups>
__device__ __forceinline__ void finish(
    const DenseTask &task, const Tile &tile, float (&sums)[rowsAWarp][2 * pairs][4], const float *biases, const float *slopes) {
    constexpr int pixels = 2 * rowsAWarp;
    const int thread = unknown(int(threadIdx.x));
    const Part<pairs, groups> part(thread);
    if (part.channel >= task.stored) return;
    const int y = tile.y + part.row, x = tile.x + part.column + (thread >> 2 & 7);
    const int64_t first = ((int64_t(tile.n) * task.height + y) * task.width + x) * task.stored + part.channel;
    const auto isInside = [&](int i) { return y + i / 2 < task.height && x + i % 2 * 8 < task.width; };
    const auto at = [&](int i) { return first + (i / 2 * task.width + i % 2 * 8) * task.stored; };
#pragma unroll
    for (int i = 0; i < 4 * pairs; ++i) {
        const float bias = biases[part.channel + i], slope = slopes[part.channel + i];
#pragma unroll
        for (int pixel = 0; pixel < pixels; ++pixel) {
            float &sum = sums[pixel / 2][i / 2][pixel % 2 * 2 + i % 2];
            sum = activated(sum, bias, slope);
        }
    }
    for (int base = 0; base < DenseTask::mostBases && task.bases[base]; ++base) {
        const __half *const from = static_cast<const __half *>(task.bases[base]);
#pragma unroll
        for (int begin = 0; begin < pixels; begin += 4) {
            // Four are on their way before the first one is waited for.
            Neighbours<pairs> added[4] = {};
#pragma unroll
            for (int pixel = 0; pixel < 4; ++pixel)
                if (isInside(begin + pixel)) added[pixel] = *reinterpret_cast<const Neighbours<pairs> *>(from + at(begin + pixel));
#pragma unroll
            for (int pixel = 0; pixel < 4; ++pixel)
#pragma unroll
                for (int i = 0; i < 2 * pairs; ++i) {
                    float *const two = &sums[(begin + pixel) / 2][i][pixel % 2 * 2];
                    const float2 other = __half22float2(added[pixel].values[i]);
                    two[0] = fmaf(two[0], task.factors[base], other.x);
                    two[1] = fmaf(two[1], task.factors[base], other.y);
                }
        }
    }
#pragma unroll
    for (int pixel = 0; pixel < pixels; ++pixel) {
        Neighbours<pairs> result;
#pragma unroll
        for (int i = 0; i < 2 * pairs; ++i)
            result.values[i] = __floats2half2_rn(sums[pixel / 2][i][pixel % 2 * 2], sums[pixel / 2][i][pixel % 2 * 2 + 1]);
        if (isInside(pixel)) *reinterpret_cast<Neighbours<pairs> *>(static_cast<__half *>(task.to) + at(pixel)) = result;
    }
}

template <int pairs, int groups>
__device__ __forceinline__ void convolve(const DenseTask &task) {
    using S = Shape<pairs, groups>;
    alignas(16) __shared__ float biases[S::outputs], slopes[S::outputs];
    if (int(blockIdx.x) >= task.tiles) return;
    const int thread = int(threadIdx.x), lane = thread & 31;
    if (thread < S::outputs) {
        biases[thread] = task.bias[thread];
        slopes[thread] = task.slope[thread];
    }
    const Part<pairs, groups> part(thread);
    const uint32_t memory = sharedAddress(dynamicShared());
    uint32_t pixels[3];
#pragma unroll
    for (int i = 0; i < 3; ++i) {
        const int x = part.column + (lane & 15) + i;
        pixels[i] = memory + (part.row * S::across + x) * bytesAPixel + (((lane >> 4) ^ (x >> 2 & 1)) << 4);
    }
    const uint32_t weights = memory + S::pixelBytes + (part.group * pairs * 32 + lane) * 16;

    Step<S> next(task, int(blockIdx.x));
#pragma unroll
    for (int third = 0; third < 3; ++third) next.copy(task, memory, third);
    next.advance(task);
    int slot = 0;
    for (int i = int(blockIdx.x); i < task.tiles; i += int(gridDim.x)) {
        float sums[rowsAWarp][2 * pairs][4] = {};
        for (int step = 0; step < task.steps; ++step) {
            waitForCopies();
            // Everyone's have landed, and nobody reads the other slot any more.
            __syncthreads();
            addStep<pairs, groups>(sums, pixels, weights, slot * S::stepBytes, [&](int third) {
                next.copy(task, memory + (slot ^ 1) * S::stepBytes, third);
            });
            next.advance(task);
            slot ^= 1;
        }
        finish<pairs, groups>(task, tileAt(task, i, S::columns), sums, biases, slopes);
    }
    // The next block may have this one's memory.
    waitForCopies();
}

}  // namespace

// To launch: two blocks of `DenseTask::threads` for each multiprocessor, and `DenseTask::sharedBytes` of dynamic shared memory. Weights are packed
// for the kernel's number of outputs: [16 inputs][row][column][16 outputs][lane], 16 bytes each, as a product takes them, with each warp's outputs
// permuted such that a lane ends up with neighbours: column c of its product j is output 4 pairs (c / 2) + 2 j + c % 2.
extern "C" __global__ void __launch_bounds__(threads, 2) dense3x3_64(const __grid_constant__ DenseTask task) { convolve<2, 2>(task); }
extern "C" __global__ void __launch_bounds__(threads, 2) dense3x3_32(const __grid_constant__ DenseTask task) { convolve<2, 1>(task); }
extern "C" __global__ void __launch_bounds__(threads, 2) dense3x3_16(const __grid_constant__ DenseTask task) { convolve<1, 1>(task); }
