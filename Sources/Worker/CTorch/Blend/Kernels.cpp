#include "Kernels.h"

#include <algorithm>
#include <vector>

#include "Pixels.h"
#include "Rows.h"

namespace ct::cpu {
namespace {

/// Of each column around row `y`, and `reach` more of the same at either end.
CT_INLINE void sumColumns(const Plane &plane, int64_t y, int64_t reach, std::vector<float> &sums) {
    float *const inner = sums.data() + reach;
    std::fill_n(inner, plane.width, 0.0f);
    for (int64_t row = y - reach; row <= y + reach; ++row) {
        const float *const samples = plane.row(row);
        for (int64_t x = 0; x < plane.width; ++x) inner[x] += samples[x];
    }
    std::fill_n(sums.data(), reach, inner[0]);
    std::fill_n(inner + plane.width, reach, inner[plane.width - 1]);
}

/// - scratch: as wide as the plane and the reach at both its ends.
CT_EVERY_WIDTH void windowRow(
    const Plane &plane, int64_t y, int64_t reach, std::vector<float> &scratch, float *means) {
    sumColumns(plane, y, reach, scratch);
    const float *const sums = scratch.data();
    const float share = 1.0f / float((2 * reach + 1) * (2 * reach + 1));
    std::fill_n(means, plane.width, 0.0f);
    for (int64_t k = 0; k <= 2 * reach; ++k)
        for (int64_t x = 0; x < plane.width; ++x) means[x] += sums[x + k];
    for (int64_t x = 0; x < plane.width; ++x) means[x] *= share;
}

/// A plane's value at a point that may lie anywhere, bilinearly.
CT_INLINE float sampled(const Plane &plane, float x, float y) {
    // In this order NaN becomes 0, and stays inside.
    x = std::min(std::max(0.0f, x), float(plane.width - 1));
    y = std::min(std::max(0.0f, y), float(plane.height - 1));
    const int left = int(x), upper = int(y), width = int(plane.width);
    const int right = std::min(left + 1, width - 1), lower = std::min(upper + 1, int(plane.height) - 1);
    const float across = x - float(left), down = y - float(upper);
    const float *const above = plane.samples + int64_t(upper) * width, *const below = plane.samples + int64_t(lower) * width;
    const float first = above[left] + (above[right] - above[left]) * across;
    return first + (below[left] + (below[right] - below[left]) * across - first) * down;
}

/// A row's pixels and a motion of each.
struct Motion {
    const float *x, *y;
};

/// The change from a row of `luma` to `other` moved by the motion, times the slopes.
CT_EVERY_WIDTH void pullRow(
    const Plane &luma, const Plane &other, const Plane &alongX, const Plane &alongY, Motion motion, int64_t row, float *x,
    float *y) {
    const float *const own = luma.row(row), *const slopeX = alongX.row(row), *const slopeY = alongY.row(row);
    for (int i = 0; i < int(luma.width); ++i) {
        const float change = sampled(other, float(i) + motion.x[i], float(row) + motion.y[i]) - own[i];
        x[i] = slopeX[i] * change;
        y[i] = slopeY[i] * change;
    }
}

/// [1, 2, height, width].
at::Tensor pulls(const Slopes &slopes, const at::Tensor &other, const at::Tensor &flow) {
    auto result = at::empty_like(flow);
    const Plane theirs(other), luma(slopes.luma), alongX(slopes.alongX), alongY(slopes.alongY), toX(flow, 0), toY(flow, 1);
    float *const x = result.data_ptr<float>(), *const y = x + luma.height * luma.width;
    eachRow(luma.height, [&](int64_t first, int64_t end) {
        for (int64_t row = first; row < end; ++row) {
            const int64_t at = row * luma.width;
            pullRow(luma, theirs, alongX, alongY, {toX.row(row), toY.row(row)}, row, x + at, y + at);
        }
    });
    return result;
}

/// Along one axis, by the sums of its own slopes and of their products with the other's: `own` and `other` pulled.
CT_EVERY_WIDTH void step(
    const float *otherSquares, const float *products, const float *determinant, const float *other, const float *own,
    const float *old, float furthest, int64_t width, float *better) {
    for (int64_t i = 0; i < width; ++i) {
        const float by = (products[i] * other[i] - otherSquares[i] * own[i]) / determinant[i];
        better[i] = old[i] + std::min(std::max(by, -furthest), furthest);
    }
}

}  // namespace

at::Tensor windowMeans(const at::Tensor &planes, int64_t reach) {
    auto means = at::empty_like(planes);
    const int64_t height = planes.size(2), width = planes.size(3);
    eachRow(planes.size(1) * height, [&](int64_t first, int64_t end) {
        std::vector<float> scratch(size_t(width + 2 * reach));
        for (int64_t row = first; row < end; ++row)
            windowRow(Plane(planes, row / height), row % height, reach, scratch, means.data_ptr<float>() + row * width);
    });
    return means;
}

at::Tensor betterFlow(
    const Slopes &slopes, const at::Tensor &other, const at::Tensor &flow, int64_t window, float furthest) {
    const auto pulled = pulls(slopes, other, flow);
    auto better = at::empty_like(flow);
    const Plane pullX(pulled, 0), pullY(pulled, 1), oldX(flow, 0), oldY(flow, 1);
    const Plane xx(slopes.xx), xy(slopes.xy), yy(slopes.yy), determinant(slopes.determinant);
    float *const newX = better.data_ptr<float>(), *const newY = newX + xx.height * xx.width;
    eachRow(xx.height, [&](int64_t first, int64_t end) {
        std::vector<float> scratch(size_t(xx.width + 2 * window)), x(size_t(xx.width)), y(x);
        for (int64_t row = first; row < end; ++row) {
            const int64_t at = row * xx.width;
            windowRow(pullX, row, window, scratch, x.data());
            windowRow(pullY, row, window, scratch, y.data());
            step(yy.row(row), xy.row(row), determinant.row(row), y.data(), x.data(), oldX.row(row), furthest, xx.width, newX + at);
            step(xx.row(row), xy.row(row), determinant.row(row), x.data(), y.data(), oldY.row(row), furthest, xx.width, newY + at);
        }
    });
    return windowMeans(better, 1);
}

}  // namespace ct::cpu
