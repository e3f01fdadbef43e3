// How far apart two pictures are, after motion; and the form of pictures that kernels read.
#include <algorithm>

#include "Kernels.h"
#include "Pixels.h"
#include "Rows.h"

namespace ct::cpu {
namespace {

/// Bilinearly: `at` is the upper left one of 2 by 2.
CT_INLINE Pixel between(const float *at, int64_t stride, float across, float down) {
    const Pixel above = load(at) + (load(at + 4) - load(at)) * all(across);
    const Pixel below = load(at + stride) + (load(at + stride + 4) - load(at + stride)) * all(across);
    return above + (below - above) * all(down);
}

CT_EVERY_WIDTH void mismatchRow(
    const Picture &source, const Picture &other, const float *toX, const float *toY, int y, float *squares) {
    const float right = float(source.width - 1), bottom = float(source.height - 1);
    for (int i = 0; i < source.width; ++i) {
        const float x = std::min(std::max(0.0f, float(i) + toX[i]), right);
        const float z = std::min(std::max(0.0f, float(y) + toY[i]), bottom);
        const int left = int(x), top = int(z);
        const Pixel found = between(
            other.pixels + top * other.stride + 4 * left, other.stride, x - float(left), z - float(top));
        const Pixel off = found - load(source.pixels + y * source.stride + 4 * i);
        const Pixel square = off * off;
        squares[i] = std::max(std::max(square[0], square[1]), square[2]);
    }
}

}  // namespace

at::Tensor bordered(const at::Tensor &planes) {
    const int64_t height = planes.size(1), width = planes.size(2), plane = height * width;
    auto pixels = at::empty({height + 3, width + 3, 4}, planes.options());
    const float *const from = planes.data_ptr<float>();
    eachRow(height + 3, [&](int64_t first, int64_t end) {
        for (int64_t y = first; y < end; ++y) {
            const float *const row = from + std::min(std::max<int64_t>(y - 1, 0), height - 1) * width;
            float *const to = pixels.data_ptr<float>() + y * (width + 3) * 4;
            for (int64_t x = 0; x < width + 3; ++x) {
                const int64_t column = std::min(std::max<int64_t>(x - 1, 0), width - 1);
                for (int64_t channel = 0; channel < 3; ++channel) to[4 * x + channel] = row[channel * plane + column];
                to[4 * x + 3] = 0;
            }
        }
    });
    return pixels;
}

at::Tensor mismatch(const at::Tensor &source, const at::Tensor &other, const at::Tensor &flow) {
    const Picture ours(source), theirs(other);
    const Plane toX(flow, 0), toY(flow, 1);
    auto squares = at::empty({1, 1, ours.height, ours.width}, source.options());
    eachRow(ours.height, [&](int64_t first, int64_t end) {
        for (int64_t y = first; y < end; ++y)
            mismatchRow(ours, theirs, toX.row(y), toY.row(y), int(y), squares.data_ptr<float>() + y * ours.width);
    });
    return squares;
}

}  // namespace ct::cpu
