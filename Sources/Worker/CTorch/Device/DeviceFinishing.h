// What comes before the network and behind it on a device, by kernels of our own.
#pragma once
#include <ATen/ATen.h>

#include "Chroma.h"
#include "DeviceKernels.h"
#include "Enlarged.h"
#include "Parameters.h"

namespace ct {

/// What a network made of a picture, and what that lacks of the source's colours: put right where it is read.
struct Finished {
    /// [3, height, width] of halves or floats, one plane behind the other.
    at::Tensor rgb;
    /// Instead of that, ahead of a network's last shuffle: [48, h, w], a pixel's values side by side, and what is added, [3, h, w].
    at::Tensor values, base;
    /// What there is of either.
    const at::Tensor &samples() const { return values.defined() ? values : rgb; }
    /// A correction for each cell, [3, rows, columns], and the bounds of each channel, [3]; nothing where it is right already.
    at::Tensor cells, least, greatest;
};

/// As `holdMeans` and the source's bounds would change `rgb`.
/// - means: [2, 3], about those of the source's values and of the picture's, ahead of any change; any NaN or infinity in this shows.
Finished held(const at::Tensor &rgb, const at::Tensor &source, at::Tensor &means, const DeviceKernels &kernels);
/// The same of picture `index` of those that `canStayUnshuffled`.
Finished held(const Enlarged &made, int64_t index, const at::Tensor &source, at::Tensor &means, const DeviceKernels &kernels);

/// Whether `writeTogether` takes what a network made ahead of its last shuffle.
bool canStayUnshuffled(const Enlarged &made);

/// The picture itself, in floats.
at::Tensor lifted(const Finished &picture, const DeviceKernels &kernels);

/// Writes the three planes of 4:2:0 at once, where its chroma rows lie between two lines.
bool canWriteTogether(const Siting &across, const Siting &down);
void writeTogether(
    const Finished &picture, const kernels::CodePlanes &planes, const Siting &across, const DeviceKernels &kernels);

/// Writes one plane.
void writePlane(
    const Finished &picture, const kernels::CodePlane &plane, const Siting &across, const Siting &down, const DeviceKernels &kernels);

}  // namespace ct
