// Pictures that are drawn, and how far two of them are apart.
#pragma once
#include <CTorch.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

inline char words[1024];

inline void expect(ct_status status, const char *attempt) {
    if (status == CT_OK) return;
    std::fprintf(stderr, "device-check: %s: %s\n", attempt, words);
    std::exit(1);
}

inline int shifted(int size, int shift) { return (size + (1 << shift) - 1) >> shift; }

inline int planes(const ct_format &format) { return (format.family == CT_GRAY ? 1 : 3) + format.has_alpha; }
inline bool isChroma(const ct_format &format, int plane) { return format.family == CT_YUV && (plane == 1 || plane == 2); }
inline int widthOf(const ct_format &format, int plane) { return isChroma(format, plane) ? shifted(format.width, format.chroma_shift_x) : format.width; }
inline int heightOf(const ct_format &format, int plane) { return isChroma(format, plane) ? shifted(format.height, format.chroma_shift_y) : format.height; }

/// Planes of 16-bit or 8-bit samples, each row on a 64-byte boundary, in memory of either kind.
struct Picture {
    ct_format format;
    std::vector<uint8_t> own;
    ct_pinned *pinned = nullptr;
    uint8_t *memory;
    std::vector<size_t> offsets, strides;

    Picture(const ct_format &format, bool isPinned) : format(format) {
        size_t total = 0;
        for (int p = 0; p < planes(format); ++p) {
            offsets.push_back(total);
            strides.push_back((size_t(widthOf(format, p)) * bytes() + 63) / 64 * 64);
            total += strides.back() * size_t(heightOf(format, p));
        }
        if (isPinned) {
            void *data = nullptr;
            expect(ct_pinned_open(total, &pinned, &data, words, sizeof words), "pinned memory");
            memory = static_cast<uint8_t *>(data);
        } else {
            own.resize(total);
            memory = own.data();
        }
        std::memset(memory, 0xA5, total);
    }
    Picture(const Picture &) = delete;
    ~Picture() { ct_pinned_close(pinned); }

    size_t bytes() const { return format.bit_depth > 8 ? 2 : 1; }
    int at(int plane, int x, int y) const {
        const uint8_t *row = memory + offsets[size_t(plane)] + strides[size_t(plane)] * size_t(y);
        return bytes() == 2 ? reinterpret_cast<const uint16_t *>(row)[x] : row[x];
    }
    void set(int plane, int x, int y, int value) {
        uint8_t *row = memory + offsets[size_t(plane)] + strides[size_t(plane)] * size_t(y);
        if (bytes() == 2) reinterpret_cast<uint16_t *>(row)[x] = uint16_t(value);
        else row[x] = uint8_t(value);
    }
    template <typename Planes>
    Planes as() const {
        Planes result{};
        for (int p = 0; p < planes(format); ++p) {
            result.planes[p] = memory + offsets[size_t(p)];
            result.strides[p] = ptrdiff_t(strides[size_t(p)]);
        }
        return result;
    }
};

/// Smooth shapes with noise upon them.
inline void draw(Picture &picture, unsigned seed, bool isOther = false) {
    std::mt19937 random(seed);
    const int top = (1 << picture.format.bit_depth) - 1;
    for (int p = 0; p < planes(picture.format); ++p)
        for (int y = 0; y < heightOf(picture.format, p); ++y)
            for (int x = 0; x < widthOf(picture.format, p); ++x) {
                const double wave = isOther ? 0.1 + 0.1 * ((x / 8 + y / 8) % 2) : ((x * (3 + p) + y * 5) % 97) / 97.0 * 0.7 + 0.15;
                picture.set(p, x, y, int((wave + double(random() % 1000) / 10000) * top) & top);
            }
}

struct Difference {
    long samples = 0, ones = 0, more = 0;
    int most = 0;
};

inline Difference difference(const Picture &a, const Picture &b) {
    Difference result;
    for (int p = 0; p < planes(a.format); ++p)
        for (int y = 0; y < heightOf(a.format, p); ++y)
            for (int x = 0; x < widthOf(a.format, p); ++x) {
                const int off = std::abs(a.at(p, x, y) - b.at(p, x, y));
                ++result.samples;
                result.ones += off == 1;
                // What enters the network is rounded to halves: where the last bit differs ahead of that, 16 bits show it.
                result.more += off > std::max(1, 1 << std::max(0, a.format.bit_depth - 10));
                if (off > result.most) result.most = off;
            }
    return result;
}
