#include "Chroma.h"

#include <algorithm>
#include <cmath>

namespace ct {

Siting Siting::horizontal(int shift, int location) {
    const int64_t factor = int64_t(1) << shift;
    const bool centred = location == 2 || location == 4 || location == 6;  // center, top, bottom
    return {factor, centred ? (factor - 1) / 2.0 : 0};
}

Siting Siting::vertical(int shift, int location) {
    const int64_t factor = int64_t(1) << shift;
    if (location == 3 || location == 4) return {factor, 0};                           // topleft, top
    if (location == 5 || location == 6) return {factor, static_cast<double>(factor - 1)};  // bottomleft, bottom
    return {factor, (factor - 1) / 2.0};
}

bool Siting::isCentred() const { return factor > 1 && position == (factor - 1) / 2.0; }

at::Tensor interpolate(const at::Tensor &plane, int64_t axis, int64_t size, Siting siting) {
    if (siting.factor == 1) return plane;
    const auto index = at::TensorOptions().dtype(at::kLong).device(plane.device());
    const auto real = at::TensorOptions().dtype(at::kFloat).device(plane.device());
    const auto place = (at::arange(size, real) - siting.position) / static_cast<double>(siting.factor);
    const auto below = place.floor();
    const int64_t last = plane.size(axis) - 1;
    const auto first = plane.index_select(axis, below.to(index).clamp_(0, last));
    const auto second = plane.index_select(axis, (below + 1).to(index).clamp_(0, last));
    auto weight = place - below;
    if (axis == plane.dim() - 2) weight = weight.unsqueeze(1);
    return at::lerp(first, second, weight);
}

std::vector<Tap> taps(Siting siting) {
    std::vector<Tap> result;
    const int64_t factor = siting.factor;
    if (siting.isCentred()) {
        for (int64_t k = 0; k < factor; ++k) result.push_back({k, 1.0 / factor});
        return result;
    }
    for (int64_t k = 1 - factor; k < factor; ++k)
        result.push_back({k + std::llround(siting.position), double(factor - std::abs(k)) / double(factor * factor)});
    return result;
}

at::Tensor decimate(const at::Tensor &plane, int64_t axis, Siting siting) {
    if (siting.factor == 1) return plane;
    const int64_t factor = siting.factor, size = plane.size(axis), count = (size + factor - 1) / factor;
    auto shape = plane.sizes().vec();
    shape[axis] = count;
    at::Tensor result;
    for (const Tap tap : taps(siting)) {
        // Outputs [from, to) find this tap inside the plane; those before and after take the border's sample.
        const int64_t from = std::min(count, tap.offset < 0 ? (factor - 1 - tap.offset) / factor : 0);
        const int64_t to = std::max(from, std::min(count, (size - 1 - tap.offset) / factor + 1));
        const auto inside = plane.slice(axis, from * factor + tap.offset, size, factor).narrow(axis, 0, to - from);
        if (!result.defined() && from == 0 && to == count) {
            result = at::mul(inside, tap.weight);
            continue;
        }
        if (!result.defined()) result = at::zeros(shape, plane.options());
        result.narrow(axis, from, to - from).add_(inside, tap.weight);
        if (from > 0) result.narrow(axis, 0, from).add_(plane.narrow(axis, 0, 1), tap.weight);
        if (to < count) result.narrow(axis, to, count - to).add_(plane.narrow(axis, size - 1, 1), tap.weight);
    }
    return result;
}

}  // namespace ct
