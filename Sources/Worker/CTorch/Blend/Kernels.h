// What the blend does most, for the CPU: fused, because in single tensor operations nearly all time goes into memory.
//
// Every function does what tensor operations in Flow.cpp and Blend.cpp do, which other devices use, but that motion is told to 1/256 of
// a result's pixel. All tensors are contiguous floats. Bit-equal on any number of threads and at any width of vectors.
#pragma once
#include <ATen/ATen.h>

#include <vector>

namespace ct::cpu {

/// Each plane's means over windows of 2·reach + 1 samples along each axis.
at::Tensor windowMeans(const at::Tensor &planes, int64_t reach);

/// What a step of least squares is solved with; planes of [1, 1, height, width].
struct Slopes {
    const at::Tensor &luma, &alongX, &alongY, &xx, &xy, &yy, &determinant;
};

/// One step of Lucas and Kanade: a better `flow`, [1, 2, height, width].
at::Tensor betterFlow(
    const Slopes &slopes, const at::Tensor &other, const at::Tensor &flow, int64_t window, float furthest);

/// What a picture is mixed with.
struct Neighbour {
    /// As `bordered` gives it.
    at::Tensor result;
    /// Of the source's size: [1, 2, h, w] in its pixels, and [1, 1, h, w].
    at::Tensor flow, weight;
};

/// Red, green, blue and nothing beside each other, with a border of what goes on beyond the edges, so that 4 by 4 samples around any
/// point are there, and one load brings four of them: [3, height, width] to [height + 3, width + 3, 4], one more before and two behind.
at::Tensor bordered(const at::Tensor &planes);

/// The largest of the channels' squared differences between `source` and `other` moved by `flow` (bilinear interpolation), both
/// `bordered`: [1, 1, height, width].
at::Tensor mismatch(const at::Tensor &source, const at::Tensor &other, const at::Tensor &flow);

/// The weighted mean of `result` and what the neighbours show in its place (cubic interpolation), held to what `result` has within
/// `reach` samples: of `bordered` pictures, [3, height, width].
at::Tensor mixed(const at::Tensor &result, const std::vector<Neighbour> &neighbours, int64_t reach);

}  // namespace ct::cpu
