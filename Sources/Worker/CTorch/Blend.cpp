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

/// How far a neighbour's source is off, squared, in the channel where it is most: over a window, and in each place, for what is thin
/// hardly counts in a window.
at::Tensor distance(const at::Tensor &difference) {
    const auto squares = difference.mul(difference).amax(1, true);
    return at::max(windowMeans(squares, window), squares);
}

/// The lowest, or with `most` the highest, samples around each, so many along either axis.
at::Tensor extremes(const at::Tensor &planes, int64_t reach, bool most) {
    const int64_t edge = 2 * reach + 1;
    const auto signed_ = most ? planes : planes.neg();
    const auto across = at::max_pool2d(signed_, {1, edge}, {1, 1}, {0, reach});
    const auto found = at::max_pool2d(across, {edge, 1}, {1, 1}, {reach, 0});
    return most ? found : found.neg();
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
    // No neighbour brings what is nowhere near here: no ghosts, and no ringing of the interpolation.
    const int64_t reach = std::max<int64_t>(1, picture.result.size(3) / picture.source.size(3) / 2);
    const auto low = extremes(picture.result, reach, false), high = extremes(picture.result, reach, true);
    auto sum = picture.result.clone();
    auto weights = at::ones({1, 1, sum.size(2), sum.size(3)}, sum.options());
    const auto mixIn = [&](const Picture &neighbour) {
        const auto [found, weight] = matched(neighbour, picture);
        sum.addcmul_(at::min(at::max(found, low), high), weight);
        weights.add_(weight);
    };
    // Always in one order: sums of floats depend on it.
    for (auto other = place; !other->second.isAfterCut && other != kept.begin();) {
        --other;
        if (other->first < number - radius) break;
        mixIn(other->second);
    }
    for (auto other = std::next(place); other != kept.end(); ++other) {
        if (other->first > number + radius || other->second.isAfterCut) break;
        mixIn(other->second);
    }
    return sum.div_(weights)[0];
}

std::pair<at::Tensor, at::Tensor> Blend::matched(const Picture &neighbour, const Picture &picture) const {
    const auto flow = picture.pyramid.flowTo(neighbour.pyramid);
    const auto off = distance(warp(neighbour.source, flow, false).sub_(picture.source));
    const auto weight = off.mul(-1 / (2 * sigma * sigma)).exp_();
    const int64_t height = picture.result.size(2), width = picture.result.size(3);
    auto enlarged = at::upsample_bilinear2d(flow, {height, width}, false);
    enlarged.select(1, 0).mul_(double(width) / double(flow.size(3)));
    enlarged.select(1, 1).mul_(double(height) / double(flow.size(2)));
    return {warp(neighbour.result, enlarged, true), at::upsample_bilinear2d(weight, {height, width}, false)};
}

}  // namespace ct
