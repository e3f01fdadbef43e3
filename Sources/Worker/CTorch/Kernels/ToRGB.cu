// Planes of codes to RGB, [3, H, W], on the device.
#include <cstdint>

#include "Parameters.h"

using namespace ct::kernels;

namespace {

__device__ __forceinline__ float sampleOf(const SourcePlane &plane, int x, int y) {
    const int64_t at = int64_t(y) * plane.stride + int64_t(x) * plane.step;
    const int word = plane.isWide ? int(__ldg(static_cast<const uint16_t *>(plane.samples) + at)) >> plane.shift
                                  : int(__ldg(static_cast<const uint8_t *>(plane.samples) + at));
    return float(word);
}

/// Where sample (x, y) of the whole picture lies in a subsampled plane.
struct Place {
    int x0, x1, y0, y1;
    float right, lower;
    __device__ __forceinline__ Place(const SourcePlane &plane, int x, int y) {
        const float across = (float(x) - plane.placeX) * plane.across, down = (float(y) - plane.placeY) * plane.down;
        const float left = floorf(across), top = floorf(down);
        x0 = min(max(int(left), 0), plane.width - 1), x1 = min(max(int(left) + 1, 0), plane.width - 1);
        y0 = min(max(int(top), 0), plane.height - 1), y1 = min(max(int(top) + 1, 0), plane.height - 1);
        right = across - left, lower = down - top;
    }
    __device__ __forceinline__ float of(const SourcePlane &plane) const {
        const auto line = [&](int row) {
            const float a = sampleOf(plane, x0, row);
            return a + (sampleOf(plane, x1, row) - a) * right;
        };
        const float above = line(y0);
        return above + (line(y1) - above) * lower;
    }
};

/// RGB of codes in YUV. Rounded after each step at its end, as single tensor operations round.
__device__ __forceinline__ void toRGB(const SourcePicture &picture, int x, int y, float (&rgb)[3]) {
    const float luma = (sampleOf(picture.planes[0], x, y) - picture.lumaOffset) / picture.lumaGain;
    rgb[0] = rgb[1] = rgb[2] = luma;
    if (picture.hasChroma) {
        const Place place(picture.planes[1], x, y);  // the same in both
        const float blue = place.of(picture.planes[1]) - picture.chromaOffset, red = place.of(picture.planes[2]) - picture.chromaOffset;
        rgb[0] += picture.redOfRed * red;
        rgb[1] += picture.greenOfRed * red + picture.greenOfBlue * blue;
        rgb[2] += picture.blueOfBlue * blue;
    }
#pragma unroll
    for (int channel = 0; channel < 3; ++channel) {
        const float held = fminf(fmaxf(rgb[channel], picture.least), picture.greatest);
        rgb[channel] = __fadd_rn(__fmul_rn(held, picture.gain), picture.offset);
    }
}

}  // namespace

/// To [3, H, W]; a thread takes four in a row.
extern "C" __global__ void __launch_bounds__(128) to_rgb(const __grid_constant__ SourcePicture picture, float *to) {
    const int x = (blockIdx.x * blockDim.x + threadIdx.x) * 4, y = blockIdx.y, width = picture.width;
    if (x >= width) return;
    float rgb[4][3];
#pragma unroll
    for (int i = 0; i < 4; ++i) toRGB(picture, min(x + i, width - 1), y, rgb[i]);
    const int64_t plane = int64_t(width) * picture.height;
#pragma unroll
    for (int channel = 0; channel < 3; ++channel) {
        float *const row = to + channel * plane + int64_t(y) * width + x;
        if (width % 4 == 0 && plane % 4 == 0) {
            *reinterpret_cast<float4 *>(row) = make_float4(rgb[0][channel], rgb[1][channel], rgb[2][channel], rgb[3][channel]);
        } else {
#pragma unroll
            for (int i = 0; i < 4; ++i)
                if (x + i < width) row[i] = rgb[i][channel];
        }
    }
}
