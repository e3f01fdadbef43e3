#include "Blend.h"

#include <algorithm>

#include "Errors.h"
#include "Kernels.h"

namespace ct {
namespace {

/// How far a neighbour's source may be off and count: where it is flat, as far as noise goes, and where it is not, as far as
/// differs what a part of a pixel of motion is missed by.
constexpr double noise = 0.03;
constexpr double misses = 0.5;  // of the source's own variance there
constexpr double limit = 0.1;   // beyond, it shows something else
/// Reach of the windows over which sources are compared.
constexpr int64_t comparedReach = 2;

at::Tensor luma(const at::Tensor &rgb) {
    return (rgb[0] * 0.299 + rgb[1] * 0.587 + rgb[2] * 0.114).unsqueeze(0).unsqueeze(0);
}

/// The lowest, or with `most` the highest, samples around each, so many along either axis.
at::Tensor extremes(const at::Tensor &planes, int64_t reach, bool most) {
    const int64_t edge = 2 * reach + 1;
    const auto signed_ = most ? planes : planes.neg();
    const auto across = at::max_pool2d(signed_, {1, edge}, {1, 1}, {0, reach});
    const auto found = at::max_pool2d(across, {edge, 1}, {1, 1}, {reach, 0});
    return most ? found : found.neg();
}

/// To the size of `result`.
at::Tensor enlarged(const at::Tensor &planes, const at::Tensor &result) {
    return at::upsample_bilinear2d(planes, {result.size(2), result.size(3)}, false);
}

}  // namespace

void Blend::keep(int64_t number, const at::Tensor &source, const at::Tensor &result) {
    const auto gray = luma(source);
    const auto mean = means(gray);
    auto tolerance = means(gray * gray).sub_(mean * mean).mul_(misses).clamp_(0, limit * limit).add_(noise * noise);
    Picture picture{
        fused ? cpu::bordered(source.contiguous()) : source.contiguous().unsqueeze(0),
        fused ? cpu::bordered(result.contiguous()) : (kernels ? result.contiguous() : result.clone()).unsqueeze(0),
        std::move(tolerance), Pyramid(gray, fused, kernels), !kernels && scenes.begins(number, source),
        kernels ? scenes.continues(number, source) : at::Tensor(),
        std::max<int64_t>(1, result.size(2) / source.size(2) / 2)};
    kept.insert_or_assign(number, std::move(picture));
}

at::Tensor Blend::blended(int64_t number) const {
    const auto place = kept.find(number);
    if (place == kept.end()) fail("frame " + std::to_string(number) + " is not there to be blended");
    const auto found = neighbours(number);
    return canMixByKernel(place->second, found.size()) ? mixedByKernel(number, found) : mixed(number, found);
}

std::vector<const Blend::Picture *> Blend::neighbours(int64_t number) const {
    std::vector<const Picture *> found;
    const auto place = kept.find(number);
    for (auto other = place; !other->second.isAfterCut && other != kept.begin();) {
        --other;
        if (other->first < number - radius) break;
        found.push_back(&other->second);
    }
    for (auto other = std::next(place); other != kept.end(); ++other) {
        if (other->first > number + radius || other->second.isAfterCut) break;
        found.push_back(&other->second);
    }
    return found;
}

Blend::Match Blend::match(const Picture &picture, const Picture &neighbour) const {
    auto flow = picture.pyramid.flowTo(neighbour.pyramid);
    if (kernels) return {flow, weightByKernel(picture, neighbour, flow)};
    at::Tensor squares;
    if (fused) {
        squares = cpu::mismatch(picture.source, neighbour.source, flow);
    } else {
        const auto off = warp(neighbour.source, flow, false).sub_(picture.source);
        squares = off.mul_(off).amax(1, true);
    }
    // In each place, too: what is thin hardly counts in a window.
    auto weight = at::max(means(squares), squares).div_(picture.tolerance).mul_(-0.5).exp_();
    return {std::move(flow), weight.sub_(least).clamp_min_(0)};
}

at::Tensor Blend::means(const at::Tensor &planes) const {
    return fused ? cpu::windowMeans(planes, comparedReach) : windowMeans(planes, comparedReach);
}

at::Tensor Blend::mixed(int64_t number, const std::vector<const Picture *> &neighbours) const {
    const Picture &picture = kept.at(number);
    if (fused) {
        std::vector<cpu::Neighbour> all;
        for (const auto *neighbour : neighbours) {
            auto [flow, weight] = match(picture, *neighbour);
            all.push_back({neighbour->result, std::move(flow), std::move(weight)});
        }
        return cpu::mixed(picture.result, all, picture.reach);
    }
    const auto low = extremes(picture.result, picture.reach, false);
    const auto high = extremes(picture.result, picture.reach, true);
    auto sum = picture.result.clone();
    auto weights = at::ones({1, 1, sum.size(2), sum.size(3)}, sum.options());
    for (const auto *neighbour : neighbours) {
        const auto [flow, weight] = match(picture, *neighbour);
        const auto large = enlarged(kernels ? weight * gate(number, *neighbour) : weight, sum);
        auto far = enlarged(flow, sum);
        far.select(1, 0).mul_(double(sum.size(3)) / double(flow.size(3)));
        far.select(1, 1).mul_(double(sum.size(2)) / double(flow.size(2)));
        sum.addcmul_(at::min(at::max(warp(neighbour->result, far, true), low), high), large);
        weights.add_(large);
    }
    return sum.div_(weights)[0];
}

}  // namespace ct
