#include "Reel.h"

#include <algorithm>
#include <vector>

#include "Errors.h"

namespace ct {

void Reel::show(int64_t number, const at::Tensor &source, const at::Tensor &look) {
    shown.insert_or_assign(number, Picture{source.clone(), scenes.continues(number, look).gt(0)});
}

at::Tensor Reel::around(int64_t number) const {
    const Place middle = shown.find(number);
    if (middle == shown.end()) fail("frame " + std::to_string(number) + " was not shown");
    std::vector<at::Tensor> pictures(size_t(2 * reach + 1), middle->second.source);
    // Whether a scene ends on the way is a value on the device, for which nobody waits: whoever stands in from there on is chosen there.
    Place early = middle, late = middle;
    at::Tensor isOpenBefore, isOpenBehind, before = middle->second.source, behind = before;
    const auto step = [](at::Tensor &isOpen, at::Tensor &picture, const at::Tensor &continues, const at::Tensor &next) {
        isOpen = isOpen.defined() ? isOpen.logical_and(continues) : continues;
        picture = at::where(isOpen, next, picture);
    };
    for (int64_t k = 1; k <= reach; ++k) {
        // Missing pictures are passed over: the nearest that was seen on the way stands in for them.
        if (early != shown.begin() && std::prev(early)->first >= number - k) {
            const Place last = early--;
            step(isOpenBefore, before, last->second.continues, early->second.source);
        }
        if (std::next(late) != shown.end() && std::next(late)->first <= number + k) {
            ++late;
            step(isOpenBehind, behind, late->second.continues, late->second.source);
        }
        pictures[size_t(reach - k)] = before;
        pictures[size_t(reach + k)] = behind;
    }
    return at::stack(pictures);
}

}  // namespace ct
