// Resampling of subsampled planes, along one axis at a time.
#pragma once
#include <ATen/ATen.h>

#include <vector>

namespace ct {

/// Where chroma samples lie along an axis: chroma sample j is at luma position j·factor + position.
struct Siting {
    int64_t factor;
    double position;

    static Siting horizontal(int shift, int location);
    static Siting vertical(int shift, int location);
    bool isCentred() const;
};

/// Linear interpolation of `plane` to `size` luma positions along `axis`; beyond the outermost samples, those.
at::Tensor interpolate(const at::Tensor &plane, int64_t axis, int64_t size, Siting siting);

/// A luma sample that a chroma sample takes some of: its place from j·factor on.
struct Tap {
    int64_t offset;
    double weight;
};

/// What `decimate` sums up.
std::vector<Tap> taps(Siting siting);

/// The weighted mean around each chroma position: the triangle that `interpolate` spreads a sample over, or, in the
/// middle between luma samples, their mean. Neither moves colour against luma. Borders repeat the outermost sample.
at::Tensor decimate(const at::Tensor &plane, int64_t axis, Siting siting);

}  // namespace ct
