// What planes of a format hold, and where their samples lie.
#pragma once
#include "Chroma.h"
#include "Color.h"

namespace ct {

inline LumaWeights weightsOf(const ct_format &format) {
    return holdsRGB(format) ? LumaWeights{0, 0, 0} : LumaWeights::of(format.matrix);
}

inline Siting horizontalSiting(const ct_format &format) {
    return Siting::horizontal(format.family == CT_YUV ? format.chroma_shift_x : 0, format.chroma_location);
}

inline Siting verticalSiting(const ct_format &format) {
    return Siting::vertical(format.family == CT_YUV ? format.chroma_shift_y : 0, format.chroma_location);
}

/// The RGB channel in plane 0, 1, 2 of a G B R picture.
constexpr int channelOfPlane[3] = {1, 2, 0};

}  // namespace ct
