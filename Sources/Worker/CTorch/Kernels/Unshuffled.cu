// What a network made ahead of its last shuffle, by four, to 4:2:0 in the source's colours: the picture of sixteen times the pixels is never written.
#include <cstdint>

#include "Codes.h"
#include "Unshuffled.h"

using namespace ct::kernels;

namespace {

constexpr int threads = 128;
/// Pixels of the source that a warp makes: its first lane is there for the sample left of the second's.
constexpr int pixels = 31;

/// A channel's correction between two columns of cells, at the first line of a source's pixel: none of whose pixels has a middle of a cell between
/// them and another.
struct Corner {
    float before, after, moreBefore, moreAfter;

    /// - above, below: rows of cells; more: of the way from one to the other, a line.
    __device__ __forceinline__ Corner(const float *above, const float *below, const Between &columns)
        : before(__ldg(above + columns.before)), after(__ldg(above + columns.after)), moreBefore(__ldg(below + columns.before) - before),
          moreAfter(__ldg(below + columns.after) - after) {}
};

/// A row of a channel's cells: what is added to a sample grows evenly along it.
struct Slope {
    float first, step;
    __device__ __forceinline__ Slope(const Corner &corner, float down, float right, float cellsAColumn) {
        const float left = corner.before + corner.moreBefore * down;
        const float difference = corner.after + corner.moreAfter * down - left;
        first = left + difference * right;
        step = difference * cellsAColumn;
    }
};

/// Where lines lie between rows of cells.
struct LinePlace {
    float top, cellsARow;
    int before;
    __device__ __forceinline__ float part(int line) const { return fmaxf((top + float(line)) * cellsARow - 0.5f, 0.f) - float(before); }
};

}  // namespace

/// A thread makes what one of the source's pixels becomes: 4 x 4 of luma, 2 x 2 of either chroma. Width and height of the source are multiples of 8.
extern "C" __global__ void __launch_bounds__(threads, 7) halved_unshuffled(
    const __grid_constant__ FinishedPicture picture, const __grid_constant__ UnshuffledPicture from, const __grid_constant__ CodePlanes codes,
    int isCentred) {
    const int lane = threadIdx.x % 32, column = (blockIdx.x * threads + threadIdx.x) / 32 * pixels + lane - 1, y = blockIdx.y;
    const int x = min(max(column, 0), from.width - 1);
    const bool isOurs = lane > 0 && column < from.width;
    const Between rows(4 * y, picture.cellsARow, picture.cellRows), columns(4 * x, picture.cellsAColumn, picture.cellColumns);
    const LinePlace place{float(4 * y) + 0.5f, picture.cellsARow, rows.before};
    const bool grows = (float(4 * x) + 0.5f) * picture.cellsAColumn >= 0.5f;  // ahead of the first middle it does not
    const float slope = grows ? picture.cellsAColumn : 0.f;
    const float *const above = picture.cells + rows.before * picture.cellColumns, *const below = picture.cells + rows.after * picture.cellColumns;
    const int kind = picture.cellRows * picture.cellColumns;
    const Corner corners[3] = {{above, below, columns}, {above + kind, below + kind, columns}, {above + 2 * kind, below + 2 * kind, columns}};
    // Twice the code would not fit where instructions are kept.
#pragma unroll 1
    for (int half = 0; half < 2; ++half) {
        const UnshuffledLines lines(from, x, y, half);
        float blue[2] = {}, red[2] = {};
#pragma unroll
        for (int line = 0; line < 2; ++line) {
            float rgb[3][5];
#pragma unroll
            for (int channel = 0; channel < 3; ++channel) {
                const Slope lifted(corners[channel], place.part(2 * half + line), columns.part, slope);
                const float least = __ldg(picture.least + channel), greatest = __ldg(picture.greatest + channel);
#pragma unroll
                for (int i = 0; i < 4; ++i)
                    rgb[channel][1 + i] =
                        fminf(greatest, fmaxf(least, lines.at(channel, line, i) + (lifted.first + lifted.step * float(i))));
                const float left = __shfl_up_sync(0xffffffffu, rgb[channel][4], 1);
                rgb[channel][0] = column > 0 ? left : rgb[channel][1];
            }
            float luma[4];
#pragma unroll
            for (int i = 0; i < 4; ++i) luma[i] = mixed(codes.planes[0], rgb[0][i + 1], rgb[1][i + 1], rgb[2][i + 1]);
            if (isOurs) write(codes.planes[0], 4 * x, 4 * y + 2 * half + line, luma);
            addChroma(codes, rgb, isCentred, blue, red);
        }
        if (!isOurs) continue;
        write(codes.planes[1], 2 * x, 2 * y + half, blue);
        write(codes.planes[2], 2 * x, 2 * y + half, red);
    }
}
