// What follows the network on the CPU, fused: in single tensor operations it took a fifth of the time, nearly all of it in memory.
//
// Does what `holdMeans`, `decimate` and `FromRGB::write` do, which other devices use, but for the last rounding. The same bits on any
// number of threads and at any width of vectors.
#pragma once
#include <ATen/ATen.h>

#include "Chroma.h"

namespace ct::cpu {

/// Gives `rgb`, [3, scale·h, scale·w] of contiguous floats, the means that `source`, [3, h, w], has from cell to cell, and holds it between
/// the source's least and greatest value of each channel.
void hold(const at::Tensor &rgb, const at::Tensor &source);

/// A plane of codes as a weighted sum of the colours.
struct CodeMix {
    float red, green, blue;
    /// The code of no colour, with a half where that is to be rounded.
    float offset;
    float highest;
};

/// Noise for each sample: row y of the plane takes row (y - down) of the table, begun at -right, both in circles.
struct Noise {
    const at::Tensor *table = nullptr;
    int64_t down = 0, right = 0;
};

/// Memory of a plane: 8-bit samples, or wide ones.
struct CodePlane {
    void *samples;
    /// Bytes from row to row.
    ptrdiff_t stride;
    bool isWide;
};

/// Mixes `rgb`, [3, height, width] of contiguous floats, brought to the plane's size by `across` and `down`, and cuts off the fraction.
void writeCodes(
    const at::Tensor &rgb, const CodeMix &mix, const Siting &across, const Siting &down, const Noise &noise,
    const CodePlane &plane);

}  // namespace ct::cpu
