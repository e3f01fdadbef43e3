// The lowest and highest samples around each of a row's.
#pragma once
#include <vector>

#include "Pixels.h"

namespace ct::cpu {

/// The lowest and highest samples around each of a row's, within `reach` along both axes.
struct Bounds {
    /// Pixels.
    std::vector<float> low, high;

    Bounds(int width, int reach);
    void find(const Picture &picture, int y);

  private:
    int reach;
    /// Of each column, and `reach` more of the same at either end.
    std::vector<float> lows, highs;
    /// The rows around.
    std::vector<const float *> rows;
};

}  // namespace ct::cpu
