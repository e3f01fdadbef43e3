// The end of most networks: channels that become the pixels of a larger picture, with the enlarged source added.
#pragma once
#include <torch/script.h>

namespace ct {

/// Puts `upscale_farm::shuffled` in the place of a pixel shuffle that makes a picture of three channels, and of the nearest-neighbour
/// enlargement that is added to it, if there is one: the same sums. libtorch spends a seventh of animevideov3's time here, on channels
/// that lie beside each other where the result's are planes. To be called when the convolutions were replaced.
/// - Returns: how many were replaced, one for each shuffle and one for each sum.
int32_t replaceShuffles(torch::jit::Module &network);

/// Has a network whose last operation is such a shuffle, with a sum, and whose result nothing else sees, return what goes into it instead: two tensors (see `Enlarged`).
/// - Returns: the shuffle's factor, or 0 where the network returns pictures as before.
int64_t leaveLastShuffle(torch::jit::Module &network);

}  // namespace ct
