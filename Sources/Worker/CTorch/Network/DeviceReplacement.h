// A network's convolutions on a device, given to kernels of ours.
#pragma once
#include <torch/script.h>

namespace ct {

/// Puts `upscale_farm::device_first`, `device_conv3x3` and `device_dense3x3` in the place of a frozen network's convolutions in halves, on a
/// device that there are kernels for: those of 3x3, stride 1, padding 1, from 3 channels to 64, or from 64 to more than 32, or from any multiple of
/// 16 to at most 64, with what activation follows. libtorch passes over memory thrice for each: convolution, bias, activation.
/// - Returns: how many are ours.
int32_t replaceDeviceConvolutions(torch::jit::Module &network, const at::Device &device);

}  // namespace ct
