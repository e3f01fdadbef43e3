// One picture's planes of codes to RGB.
#pragma once
#include <ATen/ATen.h>

#include <optional>

#include "Chroma.h"
#include "Color.h"
#include "DeviceKernels.h"
#include "Transfers.h"

namespace ct {

/// What a network takes for 0 and 1.
struct ValueRange {
    double low, high;
    /// Holds `rgb` in [0, 1] and brings it there. In place.
    void bring(const at::Tensor &rgb) const;
};

/// Planes to RGB in [0, 1]; what lies outside stays outside, unless a network is to have it.
class ToRGB {
  public:
    /// - kernels: of the device, or null for tensor operations.
    ToRGB(const ct_format &format, const DeviceKernels *kernels);
    /// Fills `rgb`, [3, height, width] of floats on the device.
    /// - values: what it is brought to, if anything.
    void convert(
        const ct_input &picture, const at::Tensor &rgb, const std::optional<ValueRange> &values, Transfers &transfers) const;

  private:
    void convertByTensors(const ct_input &picture, at::Tensor rgb, Transfers &transfers) const;
    at::Tensor chroma(const ct_input &picture, int plane, Transfers &transfers) const;
    void convertByKernel(
        const ct_input &picture, const at::Tensor &rgb, const std::optional<ValueRange> &values, Transfers &transfers) const;

    /// What colour differences add to red, green and blue.
    struct Gains {
        double redOfRed, greenOfRed, greenOfBlue, blueOfBlue;
    };
    Gains gains() const;

    ct_format format;
    const DeviceKernels *kernels;
    CodeRange range;
    LumaWeights weights;
    Siting horizontal, vertical;
};

}  // namespace ct
