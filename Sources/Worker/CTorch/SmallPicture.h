// Pictures that are made to try things out.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "CTorch.h"

namespace ct {

/// The planes of a small picture, of which each next shows the same one pixel further.
struct SmallPicture {
    std::vector<std::vector<uint8_t>> bytes;
    ct_format format;

    explicit SmallPicture(const ct_format &format) : format(format) {
        const int colours = format.family == CT_GRAY ? 1 : 3;
        for (int plane = 0; plane < colours + format.has_alpha; ++plane)
            bytes.emplace_back(size_t(height(plane)) * stride(plane));
    }

    bool isChroma(int plane) const { return format.family == CT_YUV && (plane == 1 || plane == 2); }
    int32_t width(int plane) const { return isChroma(plane) ? -(-format.width >> format.chroma_shift_x) : format.width; }
    int32_t height(int plane) const { return isChroma(plane) ? -(-format.height >> format.chroma_shift_y) : format.height; }
    int32_t sampleBytes() const { return format.bit_depth > 8 ? 2 : 1; }
    size_t stride(int plane) const { return size_t(width(plane)) * sampleBytes(); }

    int at(int plane, size_t place) const {
        const auto *const data = bytes[plane].data();
        return format.bit_depth > 8 ? reinterpret_cast<const uint16_t *>(data)[place] : data[place];
    }

    int planes() const { return int(bytes.size()); }
    size_t samples(int plane) const { return size_t(width(plane)) * size_t(height(plane)); }

    /// Edges and slopes in the nominal range.
    ct_input drawn(int number) {
        for (int plane = 0; plane < int(bytes.size()); ++plane)
            for (int y = 0; y < height(plane); ++y)
                for (int x = 0; x < width(plane); ++x) {
                    const int slope = (5 * (x + number) + 3 * y + 17 * plane) % 64;
                    const int code = 24 + 5 * std::min(slope, 63 - slope) + ((x + number) / 7 + y / 5) % 2 * 30;
                    const size_t place = size_t(y) * width(plane) + x;
                    if (format.bit_depth > 8)
                        reinterpret_cast<uint16_t *>(bytes[plane].data())[place] = uint16_t(code << (format.bit_depth - 8));
                    else
                        bytes[plane][place] = uint8_t(code);
                }
        ct_input input{};
        for (size_t plane = 0; plane < bytes.size(); ++plane) {
            input.planes[plane] = bytes[plane].data();
            input.strides[plane] = ptrdiff_t(stride(int(plane)));
        }
        input.number = number;
        return input;
    }

    ct_output taken() {
        ct_output output{};
        for (size_t plane = 0; plane < bytes.size(); ++plane) {
            output.planes[plane] = bytes[plane].data();
            output.strides[plane] = ptrdiff_t(stride(int(plane)));
        }
        return output;
    }
};

}  // namespace ct
