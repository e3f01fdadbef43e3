#include "Reel.h"

#include <algorithm>
#include <vector>

#include "Errors.h"

namespace ct {

void Reel::show(int64_t number, const at::Tensor &source, const at::Tensor &look) {
    shown.insert_or_assign(number, Picture{source.clone(), scenes.begins(number, look)});
}

at::Tensor Reel::around(int64_t number) const {
    const Place middle = shown.find(number);
    if (middle == shown.end()) fail("frame " + std::to_string(number) + " was not shown");
    std::vector<at::Tensor> pictures(size_t(2 * reach + 1), middle->second.source);
    Place early = middle, late = middle;
    for (int64_t k = 1; k <= reach; ++k) {
        // Missing pictures are passed over: the nearest that was seen on the way stands in for them.
        if (early != shown.begin() && !early->second.isAfterCut && std::prev(early)->first >= number - k) --early;
        const Place next = std::next(late);
        if (next != shown.end() && !next->second.isAfterCut && next->first <= number + k) late = next;
        pictures[size_t(reach - k)] = early->second.source;
        pictures[size_t(reach + k)] = late->second.source;
    }
    return at::stack(pictures);
}

}  // namespace ct
