// The mean of a picture and its neighbours, a row at a time: everything that belongs to a row stays in the cache.
#include <algorithm>
#include <array>
#include <cstring>

#include "Between.h"
#include "Kernels.h"
#include "Pixels.h"
#include "Rows.h"

namespace ct::cpu {
namespace {

/// Parts of a sample's width by which motion is told: what is finer moves no value visibly.
constexpr int parts = 256;

/// The cubic kernel (Keys, 1981; a = -0.75, as libtorch has it) of the four samples around a point, for each part; every weight four
/// times, as a pixel wants it.
const std::array<std::array<float, 16>, parts> cubicWeights = [] {
    constexpr double a = -0.75;
    const auto inner = [](double x) { return ((a + 2) * x - (a + 3)) * x * x + 1; };
    const auto outer = [](double x) { return ((x - 5) * x + 8) * x * a - 4 * a; };
    std::array<std::array<float, 16>, parts> table;
    for (size_t i = 0; i < parts; ++i) {
        const double x = double(i) / parts;
        const double weights[] = {outer(x + 1), inner(x), inner(1 - x), outer(2 - x)};
        for (size_t k = 0; k < 16; ++k) table[i][k] = float(weights[k / 4]);
    }
    return table;
}();

CT_INLINE void addRow(Four &sum, const float *pixels, float weight) {
    Four row;
    std::memcpy(&row, pixels, sizeof row);
    sum += row * weight;
}

/// The picture's samples around a point: `at` is the upper left one of 4 by 4.
CT_INLINE Pixel sampled(const float *at, int64_t stride, const float *across, const float *down) {
    Four sum{}, weights;
    for (int64_t k = 0; k < 4; ++k) addRow(sum, at + k * stride, down[4 * k]);
    std::memcpy(&weights, across, sizeof weights);
    sum *= weights;
    return (__builtin_shufflevector(sum, sum, 0, 1, 2, 3) + __builtin_shufflevector(sum, sum, 4, 5, 6, 7))
        + (__builtin_shufflevector(sum, sum, 8, 9, 10, 11) + __builtin_shufflevector(sum, sum, 12, 13, 14, 15));
}

/// Where a row's pixels lie in a neighbour, and how much that counts.
struct Line {
    Picture picture;
    Plane toX, toY, weight;
    /// Of the original's width: the row between two of it.
    std::vector<float> x, y, counts;
    /// Of the enlarged width.
    std::vector<int> offset, across, down;
    std::vector<float> share;

    Line(const Neighbour &neighbour, size_t width)
        : picture(neighbour.result), toX(neighbour.flow, 0), toY(neighbour.flow, 1), weight(neighbour.weight),
          x(size_t(toX.width)), y(x), counts(x), offset(width), across(width), down(width), share(width) {}
};

CT_INLINE void rowBetween(const Plane &plane, const Between &rows, int at, float *row) {
    const float *const above = plane.row(rows.before[size_t(at)]), *const below = plane.row(rows.after[size_t(at)]);
    const float part = rows.part[size_t(at)];
    for (int64_t i = 0; i < plane.width; ++i) row[i] = above[i] + (below[i] - above[i]) * part;
}

CT_EVERY_WIDTH void follow(Line &line, const Between &rows, const Between &columns, int y) {
    rowBetween(line.toX, rows, y, line.x.data());
    rowBetween(line.toY, rows, y, line.y.data());
    rowBetween(line.weight, rows, y, line.counts.data());
    const int *const before = columns.before.data(), *const after = columns.after.data();
    const float *const part = columns.part.data(), *const byX = line.x.data(), *const byY = line.y.data(),
                *const counts = line.counts.data();
    int *const offset = line.offset.data(), *const across = line.across.data(), *const down = line.down.data();
    float *const share = line.share.data();
    const int width = line.picture.width, height = line.picture.height, stride = width + 3;
    const float scaleX = float(width) / float(line.toX.width), scaleY = float(height) / float(line.toX.height);
    const float right = float(width - 1), bottom = float(height - 1), row = float(y);
    for (int i = 0; i < width; ++i) {
        const float toX = byX[before[i]] + (byX[after[i]] - byX[before[i]]) * part[i];
        const float toY = byY[before[i]] + (byY[after[i]] - byY[before[i]]) * part[i];
        const int x = int(std::min(std::max(0.0f, float(i) + toX * scaleX), right) * parts + 0.5f);
        const int y = int(std::min(std::max(0.0f, row + toY * scaleY), bottom) * parts + 0.5f);
        offset[i] = (y / parts - 1) * stride + x / parts - 1;
        across[i] = x % parts;
        down[i] = y % parts;
        share[i] = counts[before[i]] + (counts[after[i]] - counts[before[i]]) * part[i];
    }
}

/// The lowest and highest samples around each of a row's, and what they are found with: `reach` pixels more at either end.
struct Bounds {
    std::vector<float> low, high, columnLow, columnHigh;

    Bounds(int width, int reach)
        : low(4 * size_t(width)), high(low.size()), columnLow(4 * size_t(width + 2 * reach)),
          columnHigh(columnLow.size()) {}
};

CT_INLINE void repeatEnds(std::vector<float> &row, int reach) {
    const size_t pixels = row.size() / 4, edge = size_t(reach);
    for (size_t i = 0; i < edge; ++i) {
        std::memcpy(&row[4 * i], &row[4 * edge], sizeof(Pixel));
        std::memcpy(&row[4 * (pixels - 1 - i)], &row[4 * (pixels - 1 - edge)], sizeof(Pixel));
    }
}

CT_INLINE void widen(float *low, float *high, const float *lows, const float *highs, int count) {
    for (int i = 0; i < count; ++i) low[i] = std::min(low[i], lows[i]);
    for (int i = 0; i < count; ++i) high[i] = std::max(high[i], highs[i]);
}

CT_EVERY_WIDTH void findBounds(const Picture &own, int y, int reach, Bounds &bounds) {
    const int count = 4 * own.width;
    float *const low = bounds.columnLow.data() + 4 * reach, *const high = bounds.columnHigh.data() + 4 * reach;
    std::copy_n(own.row(y - reach), count, low);
    std::copy_n(low, count, high);
    for (int k = 1 - reach; k <= reach; ++k) widen(low, high, own.row(y + k), own.row(y + k), count);
    repeatEnds(bounds.columnLow, reach);
    repeatEnds(bounds.columnHigh, reach);
    std::copy_n(bounds.columnLow.data(), count, bounds.low.data());
    std::copy_n(bounds.columnHigh.data(), count, bounds.high.data());
    for (int k = 1; k <= 2 * reach; ++k)
        widen(
            bounds.low.data(), bounds.high.data(), bounds.columnLow.data() + 4 * k, bounds.columnHigh.data() + 4 * k, count);
}

/// A row's weighted sums, and the sums of the weights.
struct Sums {
    std::vector<float> pixels, weights;

    explicit Sums(int width) : pixels(4 * size_t(width)), weights(size_t(width)) {}
};

CT_EVERY_WIDTH void add(const Line &line, const Bounds &bounds, Sums &sums) {
    const int *const offset = line.offset.data(), *const across = line.across.data(), *const down = line.down.data();
    const float *const share = line.share.data(), *const low = bounds.low.data(), *const high = bounds.high.data();
    const float *const pixels = line.picture.pixels;
    const int64_t stride = line.picture.stride;
    float *const sum = sums.pixels.data(), *const weights = sums.weights.data();
    for (int i = 0; i < line.picture.width; ++i) {
        if (share[i] <= 0) continue;
        const Pixel found = sampled(
            pixels + 4 * int64_t(offset[i]), stride, cubicWeights[size_t(across[i])].data(),
            cubicWeights[size_t(down[i])].data());
        const Pixel least = load(low + 4 * i), most = load(high + 4 * i);
        const Pixel raised = found > least ? found : least;
        const Pixel held = raised < most ? raised : most;
        const Pixel more = load(sum + 4 * i) + held * all(share[i]);
        std::memcpy(sum + 4 * i, &more, sizeof more);
        weights[i] += share[i];
    }
}

/// Works on a range of rows.
class Mixer {
  public:
    Mixer(const at::Tensor &result, const std::vector<Neighbour> &neighbours, int reach)
        : own(result), rows(own.height, neighbours[0].flow.size(2)), columns(own.width, neighbours[0].flow.size(3)),
          reach(reach), bounds(own.width, reach), sums(own.width) {
        for (const auto &neighbour : neighbours) lines.emplace_back(neighbour, size_t(own.width));
    }

    /// - planes: red, green and blue, one after the other.
    void mix(int y, float *planes) {
        std::copy_n(own.row(y), sums.pixels.size(), sums.pixels.data());
        std::fill(sums.weights.begin(), sums.weights.end(), 1.0f);
        findBounds(own, y, reach, bounds);
        for (auto &line : lines) {
            follow(line, rows, columns, y);
            add(line, bounds, sums);
        }
        const int64_t plane = int64_t(own.height) * own.width;
        for (int64_t channel = 0; channel < 3; ++channel) give(channel, planes + channel * plane + int64_t(y) * own.width);
    }

  private:
    void give(int64_t channel, float *row) const {
        for (int64_t i = 0; i < own.width; ++i)
            row[i] = sums.pixels[size_t(4 * i + channel)] / sums.weights[size_t(i)];
    }

    Picture own;
    Between rows, columns;
    int reach;
    Bounds bounds;
    Sums sums;
    std::vector<Line> lines;
};

}  // namespace

at::Tensor mixed(const at::Tensor &result, const std::vector<Neighbour> &neighbours, int64_t reach) {
    const int64_t height = result.size(0) - 3, width = result.size(1) - 3;
    if (neighbours.empty())
        return result.narrow(0, 1, height).narrow(1, 1, width).narrow(2, 0, 3).permute({2, 0, 1}).contiguous();
    auto planes = at::empty({3, height, width}, result.options());
    eachRow(height, [&](int64_t first, int64_t end) {
        Mixer mixer(result, neighbours, int(reach));
        for (int64_t y = first; y < end; ++y) mixer.mix(int(y), planes.data_ptr<float>());
    });
    return planes;
}

}  // namespace ct::cpu
