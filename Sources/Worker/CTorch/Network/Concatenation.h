// What is concatenated for a convolution.
#pragma once
#include <torch/script.h>

namespace ct {

/// Gives our convolutions the pictures that are concatenated for them alone, and saves the copy. To be called when the convolutions were
/// replaced: activations in place would be in the way.
/// - Returns: how many concatenations are gone.
int32_t takeApartConcatenations(torch::jit::Module &network);

}  // namespace ct
