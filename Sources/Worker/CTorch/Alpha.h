#pragma once
#include <ATen/ATen.h>

#include <optional>

#include "Color.h"
#include "Dither.h"

namespace ct {

/// Enlarges the plane that says how opaque a picture is: networks know colours only.
class Alpha {
  public:
    /// `byCopying` repeats samples, as `nearest` does; else the interpolation is bicubic.
    Alpha(const ct_format &input, const ct_format &output, bool byCopying, at::Device device);
    /// Does nothing where the output has no alpha; where the input has none, the output is opaque.
    void convert(const ct_input &source, const ct_output &result) const;

  private:
    at::Tensor enlarged(const ct_input &source) const;

    ct_format input, output;
    bool byCopying;
    at::Device device;
    std::optional<Dither> dither;  // where depth is lost
};

}  // namespace ct
