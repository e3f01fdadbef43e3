// What surrounds a network on a device, tried before it is trusted.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "Upscaler.h"

namespace ct {

/// What surrounds the network.
struct Surroundings {
    ct_format input, output;
    double low, high;
    int blendRadius;

    /// By this library's kernels, or by tensor operations.
    std::unique_ptr<ct_upscaler> open(ct_model &model, bool isPlain, int underWay) const;

    /// The same of pictures as small as a trial's.
    Surroundings small() const;
};

/// Why small pictures do not come out of this library's kernels as they do out of tensor operations on the same device; "" where they do, nothing where
/// they do not come out of those either. Throws where memory does not suffice.
std::optional<std::string> triedAround(ct_model &model, const Surroundings &surroundings);

/// The same, asked once in a process; "" where nothing is known.
std::string problemAround(ct_model &model, const Surroundings &surroundings);

}  // namespace ct
