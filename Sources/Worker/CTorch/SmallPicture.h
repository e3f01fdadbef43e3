// Pictures that are made to try things out.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "Color.h"

namespace ct {

/// The planes of a small picture, of which each next shows the same one pixel further.
struct SmallPicture {
    std::vector<std::vector<uint8_t>> bytes;
    ct_format format;

    explicit SmallPicture(const ct_format &format) : format(format) {
        const int colours = format.family == CT_GRAY ? 1 : 3;
        for (int plane = 0; plane < colours + format.has_alpha; ++plane)
            bytes.emplace_back(height(plane) * stride(plane));
    }

    size_t width(int plane) const { return size_t(planeWidth(format, plane)); }
    size_t height(int plane) const { return size_t(planeHeight(format, plane)); }
    size_t stride(int plane) const { return width(plane) * (format.bit_depth > 8 ? 2 : 1); }

    int at(int plane, size_t place) const {
        const auto *const data = bytes[plane].data();
        return format.bit_depth > 8 ? reinterpret_cast<const uint16_t *>(data)[place] : data[place];
    }

    int planes() const { return int(bytes.size()); }
    size_t samples(int plane) const { return width(plane) * height(plane); }

    /// Edges and slopes in the nominal range.
    ct_input drawn(int number) {
        for (int plane = 0; plane < planes(); ++plane)
            for (int y = 0; y < int(height(plane)); ++y)
                for (int x = 0; x < int(width(plane)); ++x) {
                    const int slope = (5 * (x + number) + 3 * y + 17 * plane) % 64;
                    const int code = 24 + 5 * std::min(slope, 63 - slope) + ((x + number) / 7 + y / 5) % 2 * 30;
                    const size_t place = size_t(y) * width(plane) + size_t(x);
                    if (format.bit_depth > 8)
                        reinterpret_cast<uint16_t *>(bytes[plane].data())[place] = uint16_t(code << (format.bit_depth - 8));
                    else
                        bytes[plane][place] = uint8_t(code);
                }
        auto input = as<ct_input>();
        input.number = number;
        return input;
    }

    /// Where its planes lie: an input, or an output.
    template <typename Planes>
    Planes as() {
        Planes given{};
        for (int plane = 0; plane < planes(); ++plane) {
            given.planes[plane] = bytes[size_t(plane)].data();
            given.strides[plane] = ptrdiff_t(stride(plane));
        }
        return given;
    }
};

}  // namespace ct
