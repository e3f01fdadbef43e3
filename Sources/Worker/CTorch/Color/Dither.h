#pragma once
#include <ATen/ATen.h>

namespace ct {

/// White noise in [0, 1) to be added to codes before their fraction is cut off, where depth is lost. It depends on the
/// frame's number and the sample's place only: a table made by an integer hash of x, y and plane, shifted by a
/// hash of the frame's number, so that a frame costs one addition.
class Dither {
  public:
    Dither(int64_t height, int64_t width, int plane, at::Device device);
    at::Tensor forFrame(int64_t number) const;

    /// By how many rows and samples a frame's table is shifted, in circles.
    std::pair<int64_t, int64_t> shift(int64_t number) const;
    const at::Tensor &unshifted() const { return table; }

  private:
    at::Tensor table;
};

}  // namespace ct
