// What surrounds a network on a device, tried before it is trusted.
#pragma once
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
};

/// Why small pictures do not come out of this library's kernels as they do out of tensor operations on the same device; "" where they do. The
/// same question is answered once in a process. Throws where memory does not suffice.
std::string problemAround(ct_model &model, const Surroundings &surroundings);

/// The same, asked anew.
std::string triedAround(ct_model &model, const Surroundings &surroundings);

}  // namespace ct
