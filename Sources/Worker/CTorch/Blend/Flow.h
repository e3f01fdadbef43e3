// Where a picture's points lie in another one.
#pragma once
#include <ATen/ATen.h>

#include <vector>

#include "DeviceKernels.h"

namespace ct {

/// Follows each point of one picture into others: the pyramidal method of Lucas and Kanade (Bouguet, "Pyramidal Implementation of
/// the Lucas Kanade Feature Tracker", 2000), densely: from coarse to fine, in each level some steps of least squares over a window.
/// What is not found, such as what is hidden in the other picture, comes out as anything: judge it by what lies there.
///
/// Bit-equal on any number of CPU threads: no sum is over more than a window.
class Pyramid {
  public:
    /// - luma: [1, 1, height, width] in about [0, 1].
    /// - fused: by the CPU's kernels instead of tensor operations.
    /// - kernels: of another device, or null.
    Pyramid(const at::Tensor &luma, bool fused, const DeviceKernels *kernels);
    /// [1, 2, height, width]: point (x, y) lies in `other` at (x + flow[0], y + flow[1]), in pixels.
    at::Tensor flowTo(const Pyramid &other) const;

  private:
    struct Level {
        at::Tensor luma;
        /// Derivatives along x and y, and the sums of their products over the window.
        at::Tensor alongX, alongY, xx, xy, yy, determinant;
    };

    at::Tensor means(const at::Tensor &planes) const;
    at::Tensor better(const Level &level, const at::Tensor &other, const at::Tensor &flow) const;

    Level level(const at::Tensor &luma) const;
    Level levelByKernel(const at::Tensor &luma) const;
    at::Tensor betterByKernel(const Level &level, const at::Tensor &other, const at::Tensor &flow) const;
    /// To the size of `finer`, of twice the height and width or one less, in pixels of that.
    at::Tensor refined(const at::Tensor &flow, const at::Tensor &finer) const;

    bool fused;
    const DeviceKernels *kernels;
    /// The finest first.
    std::vector<Level> levels;
};

/// The samples of `picture`, [1, C, height, width], at points moved by `flow`; beyond its borders the outermost are repeated.
/// - smooth: cubic (Keys, 1981) instead of linear interpolation.
at::Tensor warp(const at::Tensor &picture, const at::Tensor &flow, bool smooth);

/// The means of windows of 2·reach + 1 samples along each axis; beyond the borders the outermost samples are repeated.
at::Tensor windowMeans(const at::Tensor &planes, int64_t reach);

}  // namespace ct
