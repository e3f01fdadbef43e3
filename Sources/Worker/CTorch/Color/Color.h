// Between planes of codes and RGB tensors.
#pragma once
#include <ATen/ATen.h>

#include "CTorch.h"

namespace ct {

/// Weights of red, green and blue in luma.
struct LumaWeights {
    double red, green, blue;
    /// ITU-T H.273, table 4. Throws for matrices that are not a weighted sum (YCgCo, constant luminance, ICtCp).
    static LumaWeights of(int matrix);
};

/// code = offset + gain · value, for luma (or RGB) in [0, 1] and colour differences in [-0.5, 0.5].
struct CodeRange {
    double lumaOffset, lumaGain, chromaOffset, chromaGain, highest;
    explicit CodeRange(const ct_format &format);
};

/// Whether the three planes are G B R: by their family, or as 4:4:4 with the identity matrix.
bool holdsRGB(const ct_format &format);

int64_t planeWidth(const ct_format &format, int plane);
int64_t planeHeight(const ct_format &format, int plane);

/// Throws where the format is none that the conversions know.
void expectUsable(const ct_format &format);

/// One line of text for messages, such as "1280x720".
std::string sizeText(const ct_format &format);

}  // namespace ct
