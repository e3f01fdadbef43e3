// RGB to one picture's planes of codes.
#pragma once
#include <ATen/ATen.h>

#include <vector>

#include "Chroma.h"
#include "Color.h"
#include "DeviceFinishing.h"
#include "Dither.h"
#include "Transfers.h"

namespace ct {

/// RGB to planes of codes, rounded to nearest, or dithered where the source has more depth.
class FromRGB {
  public:
    /// - isFused: on the CPU by kernels of our own.
    /// - kernels: of another device, or null for tensor operations.
    FromRGB(const ct_format &format, int sourceDepth, at::Device device, bool isFused, const DeviceKernels *kernels);
    /// `picture` is of values in [low, high]; in floats and right already, but for kernels.
    void convert(
        const Finished &picture, double low, double high, const ct_output &output, int64_t number, Transfers &transfers) const;

    /// Whether `convert` takes pictures ahead of a network's last shuffle, too, if they can stay so.
    bool takesUnshuffled() const { return kernels && format.family == CT_YUV && isSubsampled(1) && canWriteTogether(horizontal, vertical); }

  private:
    /// A plane as a weighted sum of the colours.
    struct Mix {
        double red, green, blue, offset;
    };
    std::vector<Mix> mixes(double low, double high) const;
    bool isSubsampled(int plane) const { return format.family == CT_YUV && !holdsRGB(format) && plane > 0; }
    void write(
        const at::Tensor &rgb, const Mix &mix, const ct_output &picture, int plane, int64_t number, Transfers &transfers) const;
    void writeFused(const at::Tensor &rgb, const Mix &mix, const ct_output &picture, int plane, int64_t number) const;
    void writeByKernels(
        const Finished &picture, const std::vector<Mix> &mixes, const ct_output &output, int64_t number, Transfers &transfers) const;
    kernels::CodePlane codePlane(const at::Tensor &codes, const Mix &mix, int plane, int64_t number) const;

    ct_format format;
    bool isFused;
    const DeviceKernels *kernels;
    CodeRange range;
    LumaWeights weights;
    Siting horizontal, vertical;
    std::vector<Dither> dither;  // a plane each; empty where no depth is lost
};

}  // namespace ct
