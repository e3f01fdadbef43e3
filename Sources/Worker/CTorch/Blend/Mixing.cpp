// The mean of a picture and its neighbours, a row at a time: everything that belongs to a row stays in the cache.
#include <algorithm>
#include <array>

#include "Bounds.h"
#include "Kernels.h"
#include "Line.h"
#include "Pixels.h"
#include "Rows.h"

namespace ct::cpu {
namespace {

/// The cubic kernel (Keys, 1981; a = -0.75, as libtorch has it) of the four samples around a point, for each part; every weight four
/// times, as a pixel wants it.
const std::array<std::array<float, 16>, Line::parts> cubicWeights = [] {
    constexpr double a = -0.75;
    const auto inner = [](double x) { return ((a + 2) * x - (a + 3)) * x * x + 1; };
    const auto outer = [](double x) { return ((x - 5) * x + 8) * x * a - 4 * a; };
    std::array<std::array<float, 16>, Line::parts> table;
    for (size_t i = 0; i < Line::parts; ++i) {
        const double x = double(i) / Line::parts;
        const double weights[] = {outer(x + 1), inner(x), inner(1 - x), outer(2 - x)};
        for (size_t k = 0; k < 16; ++k) table[i][k] = float(weights[k / 4]);
    }
    return table;
}();

/// The picture's samples around a point: `at` is the upper left one of 4 by 4.
CT_INLINE Pixel sampled(const float *at, int64_t stride, const float *across, const float *down) {
    Four sum, next;
    load(at, sum);
    sum *= down[0];
    for (int64_t k = 1; k < 4; ++k) {
        load(at + k * stride, next);
        sum += next * down[4 * k];
    }
    load(across, next);
    sum *= next;
    return (__builtin_shufflevector(sum, sum, 0, 1, 2, 3) + __builtin_shufflevector(sum, sum, 4, 5, 6, 7))
        + (__builtin_shufflevector(sum, sum, 8, 9, 10, 11) + __builtin_shufflevector(sum, sum, 12, 13, 14, 15));
}

/// A row's weighted sums, and the sums of the weights.
struct Sums {
    std::vector<float> pixels, weights;

    explicit Sums(int width) : pixels(4 * size_t(width)), weights(size_t(width)) {}

    void begin(const float *own) {
        std::copy_n(own, pixels.size(), pixels.data());
        std::fill(weights.begin(), weights.end(), 1.0f);
    }
};

/// The weighted means of one channel.
CT_EVERY_WIDTH void give(const Sums &sums, size_t channel, float *row) {
    const float *const pixels = sums.pixels.data() + channel, *const weights = sums.weights.data();
    const size_t width = sums.weights.size();
    for (size_t i = 0; i < width; ++i) row[i] = pixels[4 * i] / weights[i];
}

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
        store(sum + 4 * i, load(sum + 4 * i) + held * all(share[i]));
        weights[i] += share[i];
    }
}

/// Works on a range of rows.
class Mixer {
  public:
    Mixer(const at::Tensor &result, const std::vector<Neighbour> &neighbours, int reach)
        : own(result), rows(own.height, neighbours[0].flow.size(2)), columns(own.width, neighbours[0].flow.size(3)),
          bounds(own.width, reach), sums(own.width) {
        for (const auto &neighbour : neighbours) lines.emplace_back(neighbour, own.width);
    }

    /// - planes: red, green and blue, one after the other.
    void mix(int y, float *planes) {
        sums.begin(own.row(y));
        bounds.find(own, y);
        for (auto &line : lines) {
            line.follow(rows, columns, y);
            add(line, bounds, sums);
        }
        const int64_t plane = int64_t(own.height) * own.width;
        for (int64_t channel = 0; channel < 3; ++channel)
            give(sums, size_t(channel), planes + channel * plane + int64_t(y) * own.width);
    }

  private:
    Picture own;
    Between rows, columns;
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
