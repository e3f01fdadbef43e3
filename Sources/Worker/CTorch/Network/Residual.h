// What a dense block's result is added to.
#pragma once
#include <torch/script.h>

namespace ct {

/// Gives `upscale_farm::device_dense3x3` the sums behind it, `result * factor + base`, at most two, where nothing else sees its result and nothing
/// writes to what it then reads later. The kernel rounds once, where libtorch rounds each product and sum. To be called when the convolutions
/// were replaced.
/// - Returns: how many sums are gone.
int32_t fuseResidualSums(torch::jit::Module &network);

}  // namespace ct
