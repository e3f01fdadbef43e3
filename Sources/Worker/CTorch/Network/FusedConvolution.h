// Convolutions and what follows them, as operators that TorchScript graphs can name: `upscale_farm::conv3x3`, ours, and
// `upscale_farm::convolution`, oneDNN's; both are counted.
#pragma once
#include <ATen/ATen.h>

#include "Convolution.h"

namespace ct {

/// The multiplications of convolutions that ran.
struct Multiplications {
    /// By our own kernels, and by libtorch.
    double own = 0, others = 0;
};

/// Counts what runs on this thread while it lives.
class Counting {
public:
    explicit Counting(Multiplications &to);
    ~Counting();
    Counting(const Counting &) = delete;
    Counting &operator=(const Counting &) = delete;

private:
    Multiplications *before;
};

/// `values` with zeros behind them, to whole vectors of the kernel: as the operator takes bias and slope.
at::Tensor filledUp(const at::Tensor &values, const ConvolutionKernel &kernel = convolutionKernel());

}  // namespace ct
