#pragma once
#include <ATen/ATen.h>

namespace ct {

/// Brings pictures from one size to another: Lanczos' window of three lobes on the sinc (Duchon, "Lanczos Filtering in One and
/// Two Dimensions", 1979), an axis at a time. Along an axis that becomes smaller the filter is widened by the ratio, so that
/// nothing finer than the result's pixels comes back as coarse patterns. The pictures' middles coincide; borders repeat the
/// outermost sample.
class Resampler {
  public:
    Resampler(int64_t height, int64_t width, int64_t toHeight, int64_t toWidth, at::Device device);
    /// [C, height, width] of floats to [C, toHeight, toWidth]; no channel leaves the range that it has in `picture`.
    at::Tensor convert(const at::Tensor &picture) const;

  private:
    /// `to` weighted sums of so many neighbouring rows each.
    class Axis {
      public:
        Axis(int64_t from, int64_t to, at::Device device);
        /// [from, N] to [to, N].
        at::Tensor convert(const at::Tensor &rows) const;
        int64_t size() const { return to; }

      private:
        int64_t to;
        at::Tensor rows, starts, weights;  // of sum i: those from starts[i] on; undefined where nothing changes
    };

    Axis down, right;
};

}  // namespace ct
