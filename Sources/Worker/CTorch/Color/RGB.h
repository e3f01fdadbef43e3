// One picture: planes of codes to RGB, and back.
#pragma once
#include <ATen/ATen.h>

#include <vector>

#include "Chroma.h"
#include "Color.h"
#include "Dither.h"
#include "Transfers.h"

namespace ct {

/// Planes to RGB in [0, 1]; what lies outside stays outside.
class ToRGB {
  public:
    explicit ToRGB(const ct_format &format);
    /// Fills `rgb`, [3, height, width] of floats on the device.
    void convert(const ct_input &picture, at::Tensor rgb, Transfers &transfers) const;

  private:
    at::Tensor chroma(const ct_input &picture, int plane, Transfers &transfers) const;

    ct_format format;
    CodeRange range;
    LumaWeights weights;
    Siting horizontal, vertical;
};

/// RGB to planes of codes, rounded to nearest, or dithered where the source has more depth.
class FromRGB {
  public:
    /// - isFused: on the CPU by kernels of our own.
    FromRGB(const ct_format &format, int sourceDepth, at::Device device, bool isFused);
    /// `rgb` is [3, height, width] of floats in [low, high].
    void convert(
        const at::Tensor &rgb, double low, double high, const ct_output &picture, int64_t number, Transfers &transfers) const;

  private:
    struct Mix {
        double red, green, blue;
    };
    void write(
        const at::Tensor &rgb, Mix mix, double offset, const ct_output &picture, int plane, int64_t number,
        Transfers &transfers) const;
    void writeDifferences(
        const at::Tensor &rgb, double span, const ct_output &picture, int64_t number, Transfers &transfers) const;
    void writeFused(
        const at::Tensor &rgb, Mix mix, double offset, const ct_output &picture, int plane, int64_t number) const;

    ct_format format;
    bool isFused;
    CodeRange range;
    LumaWeights weights;
    Siting horizontal, vertical;
    std::vector<Dither> dither;  // a plane each; empty where no depth is lost
};

}  // namespace ct
