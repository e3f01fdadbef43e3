// Less flicker: each picture is mixed with what its neighbours show of the same.
#pragma once
#include <ATen/ATen.h>

#include <map>
#include <optional>
#include <utility>

#include "Flow.h"

namespace ct {

/// Frame-wise networks invent detail anew in every picture. Where the source shows the same in a neighbour (after its motion is
/// taken out), what was invented there is as good, and their mean flickers less. Where the source does not agree (something is
/// hidden, a cut, a flash), the neighbour counts for nothing, and nothing ghosts.
///
/// What becomes of a picture depends on the kept ones within the radius only.
class Blend {
  public:
    /// - radius: pictures before, and behind, that are mixed in; at least 1.
    explicit Blend(int64_t radius) : radius(radius) {}

    /// Takes picture `number` in: `source` is [3, height, width] in about [0, 1], `result` what was made of it, of any size.
    void keep(int64_t number, const at::Tensor &source, const at::Tensor &result);
    /// Picture `number`, which must be kept, mixed with its neighbours: [3, height, width], of the result's size.
    at::Tensor blended(int64_t number) const;
    /// Gives back all pictures below.
    void forget(int64_t below) { kept.erase(kept.begin(), kept.lower_bound(below)); }

  private:
    struct Picture {
        at::Tensor source, result;
        Pyramid pyramid;
        /// Small and coarse: what a scene is known by.
        at::Tensor look;
        /// The one before it is kept, and shows another scene.
        bool isAfterCut;
    };

    /// The neighbour's result where the picture has it, and its weight there.
    std::pair<at::Tensor, at::Tensor> matched(const Picture &neighbour, const Picture &picture) const;

    int64_t radius;
    std::map<int64_t, Picture> kept;
};

}  // namespace ct
