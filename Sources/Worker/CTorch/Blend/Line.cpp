#include "Line.h"

#include <algorithm>

namespace ct::cpu {
namespace {

constexpr uint32_t parts = Line::parts;

/// Row `at` of an enlarged plane.
CT_EVERY_WIDTH void enlarge(
    const Plane &plane, const Between &rows, const Between &columns, int at, float *narrow, float *to) {
    const float *const above = plane.row(rows.before[size_t(at)]), *const below = plane.row(rows.after[size_t(at)]);
    const float part = rows.part[size_t(at)];
    for (int64_t i = 0; i < plane.width; ++i) narrow[i] = above[i] + (below[i] - above[i]) * part;
    enlargeRow(narrow, columns, to);
}

/// What a source's motion is times this, and moves no point out of the picture.
struct Bound {
    float scale, most;

    CT_INLINE uint32_t part(float place, float motion) const {
        return uint32_t(int32_t(std::min(std::max(0.0f, place + motion * scale), most) * parts + 0.5f));
    }
};

CT_EVERY_WIDTH void place(
    const float *x, const float *y, float row, Bound toRight, Bound down, int width, int *offsets, int *across,
    int *below) {
    const int stride = width + 3;
    for (int i = 0; i < width; ++i) {
        const uint32_t partX = toRight.part(float(i), x[i]), partY = down.part(row, y[i]);
        offsets[i] = (int(partY / parts) - 1) * stride + int(partX / parts) - 1;
        across[i] = int(partX % parts);
        below[i] = int(partY % parts);
    }
}

}  // namespace

Line::Line(const Neighbour &neighbour, int width)
    : picture(neighbour.result), offset(size_t(width)), across(offset), down(offset), share(size_t(width) + 3),
      toX(neighbour.flow, 0), toY(neighbour.flow, 1), weight(neighbour.weight), narrow(size_t(toX.width)), x(share),
      y(share) {}

void Line::follow(const Between &rows, const Between &columns, int at) {
    enlarge(toX, rows, columns, at, narrow.data(), x.data());
    enlarge(toY, rows, columns, at, narrow.data(), y.data());
    enlarge(weight, rows, columns, at, narrow.data(), share.data());
    const int width = picture.width, height = picture.height;
    place(
        x.data(), y.data(), float(at), {float(width) / float(toX.width), float(width - 1)},
        {float(height) / float(toX.height), float(height - 1)}, width, offset.data(), across.data(), down.data());
}

}  // namespace ct::cpu
