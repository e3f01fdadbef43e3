#include "Kernels.h"

#include <algorithm>
#include <cmath>

#include "Rows.h"

namespace ct::cpu {
namespace {

/// Of each column around row `y`, and `reach` more of the same at either end.
void sumColumns(const Plane &plane, int64_t y, int64_t reach, std::vector<float> &sums) {
    sums.assign(size_t(plane.width + 2 * reach), 0);
    float *const inner = sums.data() + reach;
    for (int64_t row = y - reach; row <= y + reach; ++row) {
        const float *const samples = plane.row(row);
        for (int64_t x = 0; x < plane.width; ++x) inner[x] += samples[x];
    }
    std::fill_n(sums.data(), reach, inner[0]);
    std::fill_n(inner + plane.width, reach, inner[plane.width - 1]);
}

void windowRow(const Plane &plane, int64_t y, int64_t reach, std::vector<float> &scratch, float *means) {
    sumColumns(plane, y, reach, scratch);
    const float share = 1.0f / float((2 * reach + 1) * (2 * reach + 1));
    std::fill_n(means, plane.width, 0.0f);
    for (int64_t k = 0; k <= 2 * reach; ++k)
        for (int64_t x = 0; x < plane.width; ++x) means[x] += scratch[size_t(x + k)];
    for (int64_t x = 0; x < plane.width; ++x) means[x] *= share;
}

/// Where a point that may lie anywhere is, in a plane.
struct Point {
    int64_t upper, lower, left, right;
    float down, across;

    Point(float x, float y, int64_t height, int64_t width) {
        // In this order NaN becomes 0, and stays inside.
        x = std::min(std::max(0.0f, x), float(width - 1));
        y = std::min(std::max(0.0f, y), float(height - 1));
        left = int64_t(x);
        upper = int64_t(y);
        right = std::min(left + 1, width - 1);
        lower = std::min(upper + 1, height - 1);
        across = x - float(left);
        down = y - float(upper);
    }

    float sample(const Plane &plane) const {
        const float *const above = plane.samples + upper * plane.width, *const below = plane.samples + lower * plane.width;
        const float first = above[left] + (above[right] - above[left]) * across;
        return first + (below[left] + (below[right] - below[left]) * across - first) * down;
    }
};

/// The change from `luma` to `other` moved by `flow`, times the slopes: [1, 2, height, width].
at::Tensor pulls(const Slopes &slopes, const at::Tensor &other, const at::Tensor &flow) {
    auto result = at::empty_like(flow);
    const Plane theirs(other), luma(slopes.luma), alongX(slopes.alongX), alongY(slopes.alongY), toX(flow, 0), toY(flow, 1);
    float *const x = result.data_ptr<float>(), *const y = x + luma.height * luma.width;
    eachRow(luma.height, [&](int64_t first, int64_t end) {
        for (int64_t at = first * luma.width, row = first; row < end; ++row)
            for (int64_t column = 0; column < luma.width; ++column, ++at) {
                const Point point(
                    float(column) + toX.samples[at], float(row) + toY.samples[at], luma.height, luma.width);
                const float change = point.sample(theirs) - luma.samples[at];
                x[at] = alongX.samples[at] * change;
                y[at] = alongY.samples[at] * change;
            }
    });
    return result;
}

}  // namespace

at::Tensor windowMeans(const at::Tensor &planes, int64_t reach) {
    auto means = at::empty_like(planes);
    const int64_t height = planes.size(2), width = planes.size(3);
    eachRow(planes.size(1) * height, [&](int64_t first, int64_t end) {
        std::vector<float> scratch;
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
        std::vector<float> scratch, x(size_t(xx.width)), y(size_t(xx.width));
        for (int64_t row = first; row < end; ++row) {
            windowRow(pullX, row, window, scratch, x.data());
            windowRow(pullY, row, window, scratch, y.data());
            for (int64_t i = 0, at = row * xx.width; i < xx.width; ++i, ++at) {
                const float byX = (xy.samples[at] * y[size_t(i)] - yy.samples[at] * x[size_t(i)]) / determinant.samples[at];
                const float byY = (xy.samples[at] * x[size_t(i)] - xx.samples[at] * y[size_t(i)]) / determinant.samples[at];
                newX[at] = oldX.samples[at] + std::min(std::max(byX, -furthest), furthest);
                newY[at] = oldY.samples[at] + std::min(std::max(byY, -furthest), furthest);
            }
        }
    });
    return windowMeans(better, 1);
}

}  // namespace ct::cpu
