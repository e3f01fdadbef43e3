// Where one scene ends and another begins, told from two neighbouring pictures alone: the same wherever a film is split.
#pragma once
#include <ATen/ATen.h>

#include <map>

namespace ct {

/// Follows pictures, each above all before.
class Scenes {
  public:
    /// Whether picture `number` shows another scene than the one before it, where that was followed. `source`: [3, height, width] in
    /// about [0, 1].
    bool begins(int64_t number, const at::Tensor &source);
    /// The same as a value on the source's device, 0 where another scene begins, else 1: nobody waits for it.
    at::Tensor continues(int64_t number, const at::Tensor &source);
    /// Gives back all below.
    void forget(int64_t below) { looks.erase(looks.begin(), looks.lower_bound(below)); }

  private:
    /// Small and coarse, in the host's memory or on the device: what a scene is known by.
    std::map<int64_t, at::Tensor> looks;
};

}  // namespace ct
