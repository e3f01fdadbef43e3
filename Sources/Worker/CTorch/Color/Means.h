#pragma once
#include <ATen/ATen.h>

namespace ct {

/// Gives `rgb`, a network's picture of `source` (both [3, height, width]), the source's colours: networks shift flat areas by some
/// codes, and an enlargement must not. The means over cells of about 8x8 source pixels are made the source's; the correction is
/// interpolated between the cells' middles, so that it has no detail of its own. In place.
void holdMeans(const at::Tensor &rgb, const at::Tensor &source);

}  // namespace ct
