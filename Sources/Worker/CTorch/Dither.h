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

  private:
    at::Tensor table;
};

}  // namespace ct
