#pragma once
#include <ATen/ATen.h>

#include <optional>

#include "Color.h"
#include "Dither.h"
#include "Model.h"
#include "Resampler.h"
#include "Transfers.h"

namespace ct {

/// Enlarges the plane that says how opaque a picture is: networks know colours only.
class Alpha {
  public:
    /// Samples are repeated beside `nearest`, else interpolated (bicubic), to the network's size. `resampler` brings them to the
    /// result's; it must outlive this, and is null where there is none.
    Alpha(const ct_format &input, const ct_format &output, const ct_model &model, const Resampler *resampler);
    /// Does nothing where the output has no alpha; where the input has none, the output is opaque.
    void convert(const ct_input &source, const ct_output &result, Transfers &transfers) const;

  private:
    at::Tensor codes(const ct_input &source, Transfers &transfers) const;
    at::Tensor enlarged(const at::Tensor &codes) const;

    ct_format input, output;
    int64_t scale;
    bool byCopying;
    at::Device device;
    const Resampler *resampler;
    std::optional<Dither> dither;  // where depth is lost
};

}  // namespace ct
