// What a network makes of a batch.
#pragma once
#include <ATen/ATen.h>

#include <vector>

namespace ct {

/// Pictures, or what a last shuffle would make them of: on a device it is spared where codes are made of them at once.
struct Enlarged {
    /// [N, 3, height, width] of any type; with a factor [N, 3·factor², H, W], to be shuffled and added to `base`, [N, 3, H, W].
    at::Tensor values, base;
    int64_t factor = 0;

    /// Shuffled by now.
    at::Tensor pictures() const;
    /// Of the pictures.
    std::vector<int64_t> sizes() const;
    /// Whether `base` has a sample for each of a pixel's values.
    bool isWhole() const;
};

}  // namespace ct
