// Less flicker: each picture is mixed with what its neighbours show of the same.
#pragma once
#include <ATen/ATen.h>

#include <map>
#include <optional>
#include <vector>

#include "DeviceKernels.h"
#include "Flow.h"
#include "Scenes.h"

namespace ct {

/// Frame-wise networks invent detail anew in every picture. Where the source shows the same in a neighbour (after its motion is
/// taken out), what was invented there is as good, and their mean flickers less. Where the source does not agree (something is
/// hidden, a cut, a flash), the neighbour counts for nothing, and nothing ghosts.
///
/// What becomes of a picture depends on the kept ones within the radius only.
class Blend {
  public:
    /// - radius: pictures before, and behind, that are mixed in; at least 1.
    /// - fused: by the CPU's kernels instead of tensor operations.
    /// - kernels: of another device, or null.
    Blend(int64_t radius, bool fused, const DeviceKernels *kernels) : radius(radius), fused(fused), kernels(kernels) {}

    /// Takes picture `number` in: `source` is [3, height, width] in about [0, 1], `result` what was made of it, of any size.
    /// Both are copied, for they may be parts of a batch; with a device's kernels `result` is not, and must not be written to.
    void keep(int64_t number, const at::Tensor &source, const at::Tensor &result);
    /// Picture `number`, which must be kept, mixed with its neighbours: [3, height, width], of the result's size.
    at::Tensor blended(int64_t number) const;
    /// Gives back all pictures below.
    void forget(int64_t below) {
        kept.erase(kept.begin(), kept.lower_bound(below));
        scenes.forget(below);
    }

  private:
    /// Weights below are none: they would cost time, and change nothing that can be seen.
    static constexpr double least = 1.0 / 512;

    struct Picture {
        /// [1, 3, height, width], or as kernels want it (`cpu::bordered`).
        at::Tensor source, result;
        /// How far a neighbour may be off and count, squared: [1, 1, height, width].
        at::Tensor tolerance;
        Pyramid pyramid;
        /// The one before it is kept, and shows another scene. Always false with a device's kernels, which have it in `continues`: one value,
        /// 0 where that is so and else 1, for which nobody waits.
        bool isAfterCut;
        at::Tensor continues;
        /// Half a source's pixel of the result: no neighbour brings what is nowhere so near here. No ghosts, and no ringing of the
        /// interpolation.
        int64_t reach;
    };

    struct Match {
        at::Tensor flow, weight;
    };

    /// What picture `number` is mixed with, always in one order: sums of floats depend on it.
    std::vector<const Picture *> neighbours(int64_t number) const;
    /// Where the picture's points lie in the neighbour, and how much that counts: of the source's size.
    Match match(const Picture &picture, const Picture &neighbour) const;
    at::Tensor weightByKernel(const Picture &picture, const Picture &neighbour, const at::Tensor &flow) const;
    at::Tensor means(const at::Tensor &planes) const;
    at::Tensor mixed(int64_t number, const std::vector<const Picture *> &neighbours) const;
    bool canMixByKernel(const Picture &picture, size_t neighbours) const;
    at::Tensor mixedByKernel(int64_t number, const std::vector<const Picture *> &neighbours) const;
    /// By what all of a neighbour's weights are multiplied: 0 beyond a cut.
    at::Tensor gate(int64_t number, const Picture &neighbour) const;

    int64_t radius;
    bool fused;
    const DeviceKernels *kernels;
    std::map<int64_t, Picture> kept;
    Scenes scenes;
};

}  // namespace ct
