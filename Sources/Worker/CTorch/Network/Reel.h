// The pictures that a network with a window sees.
#pragma once
#include <ATen/ATen.h>

#include <map>

#include "Scenes.h"

namespace ct {

/// Holds sources, and gives those around one: of the same scene, at most half a window away.
class Reel {
  public:
    /// - window: pictures that the network sees; odd.
    explicit Reel(int64_t window) : reach(window / 2) {}

    /// Takes picture `number` in, above all before. `source`: [3, height, width]; `look`: the same in [0, 1], for cuts.
    void show(int64_t number, const at::Tensor &source, const at::Tensor &look);
    /// [window, 3, height, width], picture `number`, which must be there, in the middle. Where the scene or the film ends, and
    /// where a picture could not be had, the one before it on the way from the middle stands again.
    at::Tensor around(int64_t number) const;
    /// Gives back all pictures below.
    void forget(int64_t below) {
        shown.erase(shown.begin(), shown.lower_bound(below));
        scenes.forget(below);
    }

  private:
    struct Picture {
        at::Tensor source;
        /// One value, where the picture lies: false where the one before it is there, and shows another scene.
        at::Tensor continues;
    };
    using Place = std::map<int64_t, Picture>::const_iterator;

    int64_t reach;
    std::map<int64_t, Picture> shown;
    Scenes scenes;
};

}  // namespace ct
