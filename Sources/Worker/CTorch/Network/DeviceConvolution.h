// Convolutions in halves on a device, as operators that TorchScript graphs can name.
#pragma once
#include <ATen/ATen.h>

#include "DeviceKernels.h"

namespace ct {

/// A convolution's weights, [out, 64, 3, 3] of halves on the CPU, as the kernel on the device reads them.
at::Tensor packedForDevice(const at::Tensor &weights, const DeviceKernels &kernels);

/// The same of [out, in, 3, 3], for the kernels of dense blocks: at most 64 out, a multiple of 16 in.
at::Tensor packedDense(const at::Tensor &weights);

}  // namespace ct
