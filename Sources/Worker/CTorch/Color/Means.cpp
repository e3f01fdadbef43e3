#include "Means.h"

#include <algorithm>

namespace ct {

void holdMeans(const at::Tensor &rgb, const at::Tensor &source) {
    constexpr int64_t cell = 8;
    const int64_t height = source.size(1), width = source.size(2), scale = rgb.size(1) / height;
    const auto reduced = at::avg_pool2d(rgb.unsqueeze(0), {scale, scale});
    // Cells are of equal size, so that none at the border is a sliver that sees only what the network does there.
    const auto shift = at::adaptive_avg_pool2d(
        at::sub(source.unsqueeze(0), reduced), {std::max<int64_t>(1, height / cell), std::max<int64_t>(1, width / cell)});
    // A channel at a time: a third of the memory.
    for (int64_t channel = 0; channel < rgb.size(0); ++channel) {
        const auto smooth =
            at::upsample_bilinear2d(shift.narrow(1, channel, 1), {rgb.size(1), rgb.size(2)}, false);
        rgb.select(0, channel).add_(smooth[0][0]);
    }
}

}  // namespace ct
