#include "Color.h"

#include "Errors.h"

namespace ct {

LumaWeights LumaWeights::of(int matrix) {
    const auto from = [](double red, double blue) { return LumaWeights{red, 1 - red - blue, blue}; };
    switch (matrix) {
    case 1: return from(0.2126, 0.0722);   // BT.709
    case 4: return from(0.30, 0.11);       // FCC
    case 5:                                // BT.470 BG
    case 6: return from(0.299, 0.114);     // BT.601
    case 7: return from(0.212, 0.087);     // SMPTE 240M
    case 9: return from(0.2627, 0.0593);   // BT.2020, non-constant luminance
    default: fail("matrix coefficients " + std::to_string(matrix) + " (ITU-T H.273) are not supported");
    }
}

CodeRange::CodeRange(const ct_format &format) {
    const double unit = 1 << (format.bit_depth - 8);
    highest = (int64_t(1) << format.bit_depth) - 1;
    const bool full = format.full_range != 0 || format.family == CT_RGB;
    lumaOffset = full ? 0 : 16 * unit;
    lumaGain = full ? highest : 219 * unit;
    chromaOffset = 128 * unit;
    chromaGain = full ? highest : 224 * unit;
}

bool holdsRGB(const ct_format &format) {
    return format.family == CT_RGB || (format.family == CT_YUV && format.matrix == 0);
}

static int64_t subsampled(int64_t size, int shift) { return (size + (1 << shift) - 1) >> shift; }

static bool isChroma(const ct_format &format, int plane) {
    return format.family == CT_YUV && (plane == 1 || plane == 2);
}

int64_t planeWidth(const ct_format &format, int plane) {
    return isChroma(format, plane) ? subsampled(format.width, format.chroma_shift_x) : format.width;
}

int64_t planeHeight(const ct_format &format, int plane) {
    return isChroma(format, plane) ? subsampled(format.height, format.chroma_shift_y) : format.height;
}

void expectUsable(const ct_format &format) {
    if (format.width < 1 || format.height < 1) fail("a picture of " + sizeText(format) + " is empty");
    if (format.bit_depth < 8 || format.bit_depth > 16)
        fail("a depth of " + std::to_string(format.bit_depth) + " bits is not supported (8 to 16 are)");
    if (format.family == CT_YUV) {
        const bool subsamples = format.chroma_shift_x != 0 || format.chroma_shift_y != 0;
        if (format.matrix == 0 && subsamples) fail("the identity matrix (RGB) with subsampled chroma is not supported");
        for (const int shift : {format.chroma_shift_x, format.chroma_shift_y})
            if (shift < 0 || shift > 2) fail("chroma subsampling by 2^" + std::to_string(shift) + " is not supported");
    }
    if (!holdsRGB(format)) LumaWeights::of(format.matrix);
}

std::string sizeText(const ct_format &format) {
    return std::to_string(format.width) + "x" + std::to_string(format.height);
}

}  // namespace ct
