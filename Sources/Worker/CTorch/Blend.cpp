#include "Blend.h"

#include <algorithm>

#include "Errors.h"

namespace ct {
namespace {

/// Of the difference between sources that are the same but for noise: how far a neighbour may be off and count.
constexpr double sigma = 0.03;
/// Reach of the windows over which sources are compared.
constexpr int64_t window = 2;

at::Tensor luma(const at::Tensor &rgb) {
    return (rgb[0] * 0.299 + rgb[1] * 0.587 + rgb[2] * 0.114).unsqueeze(0).unsqueeze(0);
}

/// [3, h, w], no larger than 36 by 64.
at::Tensor lookOf(const at::Tensor &source) {
    const int64_t height = std::min<int64_t>(36, source.size(1)), width = std::min<int64_t>(64, source.size(2));
    return at::adaptive_avg_pool2d(source.unsqueeze(0), {height, width})[0].cpu();
}

/// Another scene: most places look different, and so do the colours as a whole, which motion leaves as they are.
bool isCut(const at::Tensor &before, const at::Tensor &after) {
    constexpr float places = 0.08f, colours = 0.03f;
    if ((before - after).abs_().mean().item<float>() < places) return false;
    const auto sorted = [](const at::Tensor &look) { return std::get<0>(look.flatten(1).sort(1)); };
    return (sorted(before) - sorted(after)).abs_().mean().item<float>() > colours;
}

}  // namespace

void Blend::keep(int64_t number, const at::Tensor &source, const at::Tensor &result) {
    auto look = lookOf(source);
    const auto before = kept.find(number - 1);
    const bool isAfterCut = before != kept.end() && isCut(before->second.look, look);
    Picture picture{source.unsqueeze(0), result.unsqueeze(0), Pyramid(luma(source)), std::move(look), isAfterCut};
    kept.insert_or_assign(number, std::move(picture));
}

at::Tensor Blend::blended(int64_t number) const {
    const auto place = kept.find(number);
    if (place == kept.end()) fail("frame " + std::to_string(number) + " is not there to be blended");
    const Picture &picture = place->second;
    auto sum = picture.result.clone();
    auto weights = at::ones({1, 1, sum.size(2), sum.size(3)}, sum.options());
    // Always in one order: sums of floats depend on it.
    for (auto other = place; !other->second.isAfterCut && other != kept.begin();) {
        --other;
        if (other->first < number - radius) break;
        mixIn(other->second, picture, sum, weights);
    }
    for (auto other = std::next(place); other != kept.end(); ++other) {
        if (other->first > number + radius || other->second.isAfterCut) break;
        mixIn(other->second, picture, sum, weights);
    }
    // Interpolation may overshoot; the mean of what is there does not.
    const auto low = picture.result.amin({2, 3}, true), high = picture.result.amax({2, 3}, true);
    return sum.div_(weights).clamp_(low, high)[0];
}

void Blend::mixIn(const Picture &neighbour, const Picture &picture, at::Tensor &sum, at::Tensor &weights) const {
    const auto flow = picture.pyramid.flowTo(neighbour.pyramid);
    auto difference = warp(neighbour.source, flow, false).sub_(picture.source);
    const auto distance = windowMeans(difference.mul_(difference).mean(1, true), window);
    const auto weight = distance.mul(-1 / (2 * sigma * sigma)).exp_();
    const int64_t height = sum.size(2), width = sum.size(3);
    auto enlarged = at::upsample_bilinear2d(flow, {height, width}, false);
    enlarged.select(1, 0).mul_(double(width) / double(flow.size(3)));
    enlarged.select(1, 1).mul_(double(height) / double(flow.size(2)));
    const auto large = at::upsample_bilinear2d(weight, {height, width}, false);
    sum.addcmul_(warp(neighbour.result, enlarged, true), large);
    weights.add_(large);
}

}  // namespace ct
