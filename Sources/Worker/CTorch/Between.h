// Bilinear enlargement of an axis.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

namespace ct::cpu {

/// Where the middles of an enlarged axis' samples lie between the original's: as libtorch's bilinear enlargement has them.
struct Between {
    std::vector<int> before, after;
    std::vector<float> part;

    Between(int64_t count, int64_t original) {
        for (int64_t i = 0; i < count; ++i) {
            const float place = std::max(0.0f, (float(i) + 0.5f) * float(original) / float(count) - 0.5f);
            before.push_back(int(std::min(int64_t(place), original - 1)));
            after.push_back(int(std::min<int64_t>(before.back() + 1, original - 1)));
            part.push_back(place - float(before.back()));
        }
    }
};

}  // namespace ct::cpu
