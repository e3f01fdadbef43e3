// Where a row's pixels lie in a neighbour.
#pragma once
#include <vector>

#include "Between.h"
#include "Kernels.h"
#include "Pixels.h"
#include "Rows.h"

namespace ct::cpu {

/// Where a row's pixels lie in a neighbour, and how much that counts.
struct Line {
    /// Of a sample's width, by which motion is told: what is finer moves no value visibly.
    static constexpr int parts = 256;

    Picture picture;
    /// Of the pixels around a place the upper left one of 4 by 4, in pixels from the picture's first; and the place between the
    /// middle ones, in parts.
    std::vector<int> offset, across, down;
    std::vector<float> share;

    Line(const Neighbour &neighbour, int width);
    /// - rows, columns: of the original between which the picture's lie.
    void follow(const Between &rows, const Between &columns, int y);

  private:
    Plane toX, toY, weight;
    /// Of the original's width: the row between two of it.
    std::vector<float> narrow;
    /// Of the picture's width.
    std::vector<float> x, y;
};

}  // namespace ct::cpu
