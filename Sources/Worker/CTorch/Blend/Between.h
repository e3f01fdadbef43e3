// Bilinear enlargement of an axis.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "Pixels.h"

namespace ct::cpu {

/// Where the middles of an enlarged axis' samples lie between the original's: as libtorch's bilinear enlargement has them.
struct Between {
    std::vector<int> before, after;
    /// A vector's samples more than there are.
    std::vector<float> part;
    /// Samples between the same two of the original.
    struct Run {
        int start, end, before, after;
    };
    std::vector<Run> runs;

    Between(int64_t count, int64_t original) {
        for (int64_t i = 0; i < count; ++i) {
            const float place = std::max(0.0f, (float(i) + 0.5f) * float(original) / float(count) - 0.5f);
            before.push_back(int(std::min(int64_t(place), original - 1)));
            after.push_back(int(std::min<int64_t>(before.back() + 1, original - 1)));
            part.push_back(place - float(before.back()));
            if (i == 0 || before.back() != runs.back().before)
                runs.push_back({int(i), int(i), before.back(), after.back()});
            runs.back().end = int(i) + 1;
        }
        part.resize(size_t(count) + 3);
    }
};

/// - to: of the enlarged width, and three more that are written to.
CT_INLINE void enlargeRow(const float *row, const Between &columns, float *to) {
    const float *const part = columns.part.data();
    const Between::Run *run = columns.runs.data();
    for (size_t left = columns.runs.size(); left > 0; --left, ++run) {
        const Pixel before = all(row[run->before]), step = all(row[run->after] - row[run->before]);
        // What is written beyond a run's end is what the next one writes again.
        for (int i = run->start; i < run->end; i += 4) store(to + i, before + step * load(part + i));
    }
}

}  // namespace ct::cpu
