#include "Scenes.h"

#include <algorithm>

namespace ct {

at::Tensor lookOf(const at::Tensor &source) {
    const int64_t height = std::min<int64_t>(36, source.size(1)), width = std::min<int64_t>(64, source.size(2));
    return at::adaptive_avg_pool2d(source.unsqueeze(0), {height, width})[0].cpu();
}

bool isCut(const at::Tensor &before, const at::Tensor &after) {
    constexpr float places = 0.08f, colours = 0.03f;
    if ((before - after).abs_().mean().item<float>() < places) return false;
    const auto sorted = [](const at::Tensor &look) { return std::get<0>(look.flatten(1).sort(1)); };
    return (sorted(before) - sorted(after)).abs_().mean().item<float>() > colours;
}

}  // namespace ct
