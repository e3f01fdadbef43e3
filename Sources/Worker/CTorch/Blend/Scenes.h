// Where one scene ends and another begins, told from two neighbouring pictures alone: the same wherever a film is split.
#pragma once
#include <ATen/ATen.h>

#include <map>

namespace ct {

/// Follows pictures, each above all before.
class Scenes {
  public:
    /// Whether picture `number` shows the same scene as the one before it, where that was followed: a value on the source's device, 1, or 0 where
    /// another scene begins; nobody waits for it. `source`: [3, height, width] in about [0, 1].
    at::Tensor continues(int64_t number, const at::Tensor &source);
    /// The contrary, waited for.
    bool begins(int64_t number, const at::Tensor &source) { return !continues(number, source).item<bool>(); }
    /// Gives back all below.
    void forget(int64_t below) { looks.erase(looks.begin(), looks.lower_bound(below)); }

  private:
    /// Small and coarse: what a scene is known by.
    std::map<int64_t, at::Tensor> looks;
};

}  // namespace ct
