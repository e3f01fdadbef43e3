// A network's convolutions, given to operators of ours.
#pragma once
#include <torch/script.h>

namespace ct {

/// Puts our operators in the place of a frozen network's convolutions, for the CPU: those of 3x3, stride 1, padding 1, with a PReLU,
/// LeakyReLU or ReLU behind them or nothing, become `upscale_farm::conv3x3`; other plain ones always run in oneDNN: libtorch picks
/// a plain convolution for some small inputs and oneDNN's for others; the two round differently, and a picture would depend on its
/// batch. Transposed convolutions and such with their padding in words stay as they are, and are not counted.
/// - own: false leaves all to oneDNN.
/// - Returns: how many are ours.
int32_t replaceConvolutions(torch::jit::Module &network, bool own);

}  // namespace ct
