// Pixels as the kernels have them: beside each other, with a border.
#pragma once
#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>

// One source for every width of vectors; the loader picks the widest that the processor has.
#if defined(__x86_64__) && defined(__linux__)
#define CT_EVERY_WIDTH __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CT_EVERY_WIDTH
#endif
/// Part of its callers, and so of each of their widths.
#define CT_INLINE __attribute__((always_inline)) inline

namespace ct::cpu {

/// A pixel: red, green, blue, nothing; and four beside each other.
typedef float Pixel __attribute__((vector_size(16)));
typedef float Four __attribute__((vector_size(64)));

CT_INLINE Pixel load(const float *from) {
    Pixel pixel;  // a pointer to it would have to be aligned
    std::memcpy(&pixel, from, sizeof pixel);
    return pixel;
}

// By reference: on processors without such vectors they are given to functions in another way.
CT_INLINE void load(const float *from, Four &to) { std::memcpy(&to, from, sizeof to); }
CT_INLINE void store(float *to, const Four &pixels) { std::memcpy(to, &pixels, sizeof pixels); }

CT_INLINE void store(float *to, Pixel pixel) { std::memcpy(to, &pixel, sizeof pixel); }

CT_INLINE Pixel all(float value) { return Pixel{value, value, value, value}; }

/// As `bordered` gives it: beyond a row's end there are four pixels more to be read, whatever they hold.
struct Picture {
    /// The first of its own: outside of the border.
    const float *pixels;
    int height, width;
    /// Floats a row.
    int64_t stride;

    explicit Picture(const at::Tensor &bordered)
        : height(int(bordered.size(0)) - 3), width(int(bordered.size(1)) - 3), stride(bordered.size(1) * 4) {
        pixels = bordered.data_ptr<float>() + stride + 4;
    }

    const float *row(int y) const { return pixels + stride * std::min(std::max(y, 0), height - 1); }
};

}  // namespace ct::cpu
