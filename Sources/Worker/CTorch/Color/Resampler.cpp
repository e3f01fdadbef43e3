#include "Resampler.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace ct {
namespace {

constexpr double lobes = 3;

double lanczos(double x) {
    if (x == 0) return 1;
    if (std::abs(x) >= lobes) return 0;
    const double angle = std::acos(-1.0) * x;
    return lobes * std::sin(angle) * std::sin(angle / lobes) / (angle * angle);
}

/// Weights of the samples from `first` on, for a result's sample in the source's place `place`; their sum is 1.
std::vector<double> weightsAt(double place, double first, int64_t count, double width) {
    std::vector<double> weights;
    double sum = 0;
    for (int64_t k = 0; k < count; ++k) {
        weights.push_back(lanczos((first + double(k) - place) / width));
        sum += weights.back();
    }
    for (double &weight : weights) weight /= sum;
    return weights;
}

}  // namespace

Resampler::Axis::Axis(int64_t from, int64_t to, at::Device device) : to(to) {
    if (from == to) return;
    const double ratio = double(from) / double(to), width = std::max(1.0, ratio), reach = lobes * width;
    const auto count = static_cast<int64_t>(std::ceil(2 * reach));
    std::vector<int64_t> places;
    std::vector<float> values;
    for (int64_t i = 0; i < to; ++i) {
        const double place = (double(i) + 0.5) * ratio - 0.5, first = std::floor(place - reach) + 1;
        for (const double weight : weightsAt(place, first, count, width)) values.push_back(static_cast<float>(weight));
        for (int64_t k = 0; k < count; ++k)
            places.push_back(std::clamp<int64_t>(static_cast<int64_t>(first) + k, 0, from - 1));
    }
    rows = at::tensor(places, at::kLong).to(device);
    starts = at::arange(0, to * count, count, at::kLong).to(device);
    weights = at::tensor(values, at::kFloat).to(device);
}

/// One pass over memory, and each sum in the order of its rows on any number of threads: no matrix product promises that.
at::Tensor Resampler::Axis::convert(const at::Tensor &source) const {
    if (!weights.defined()) return source;
    constexpr int64_t sum = 0;
    return std::get<0>(at::embedding_bag(source, rows, starts, false, sum, false, weights));
}

Resampler::Resampler(int64_t height, int64_t width, int64_t toHeight, int64_t toWidth, at::Device device)
    : down(height, toHeight, device), right(width, toWidth, device) {}

at::Tensor Resampler::convert(const at::Tensor &picture) const {
    auto result = at::empty({picture.size(0), down.size(), right.size()}, picture.options());
    // A channel at a time: a third of the memory.
    for (int64_t channel = 0; channel < picture.size(0); ++channel) {
        const auto source = picture.select(0, channel).contiguous();
        const auto columns = right.convert(down.convert(source).t().contiguous());
        result.select(0, channel).copy_(columns.t()).clamp_(source.min(), source.max());
    }
    return result;
}

}  // namespace ct
