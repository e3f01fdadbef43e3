#include "RGB.h"

#include <tuple>

#include "Planes.h"

namespace ct {
namespace {

LumaWeights weightsOf(const ct_format &format) {
    return holdsRGB(format) ? LumaWeights{0, 0, 0} : LumaWeights::of(format.matrix);
}

Siting horizontalSiting(const ct_format &format) {
    return Siting::horizontal(format.family == CT_YUV ? format.chroma_shift_x : 0, format.chroma_location);
}

Siting verticalSiting(const ct_format &format) {
    return Siting::vertical(format.family == CT_YUV ? format.chroma_shift_y : 0, format.chroma_location);
}

/// The RGB channel in plane 0, 1, 2 of a G B R picture.
constexpr int channelOfPlane[3] = {1, 2, 0};

}  // namespace

ToRGB::ToRGB(const ct_format &format)
    : format(format), range(format), weights(weightsOf(format)), horizontal(horizontalSiting(format)),
      vertical(verticalSiting(format)) {}

at::Tensor ToRGB::chroma(const ct_input &picture, int plane, Transfers &transfers) const {
    const auto codes = uploadPlane(picture, format, plane, transfers).sub_(range.chromaOffset);
    return interpolate(interpolate(codes, 1, format.width, horizontal), 0, format.height, vertical);
}

void ToRGB::convert(const ct_input &picture, at::Tensor rgb, Transfers &transfers) const {
    const auto value = [&](int plane) {
        return uploadPlane(picture, format, plane, transfers).sub_(range.lumaOffset).div_(range.lumaGain);
    };
    if (holdsRGB(format)) {
        for (int plane = 0; plane < 3; ++plane) rgb.select(0, channelOfPlane[plane]).copy_(value(plane));
        return;
    }
    const auto luma = value(0);
    if (format.family == CT_GRAY) {
        rgb.copy_(luma.unsqueeze(0).expand_as(rgb));
        return;
    }
    const auto blue = chroma(picture, 1, transfers), red = chroma(picture, 2, transfers);
    const double redGain = 2 * (1 - weights.red) / range.chromaGain;
    const double blueGain = 2 * (1 - weights.blue) / range.chromaGain;
    auto r = rgb.select(0, 0), g = rgb.select(0, 1), b = rgb.select(0, 2);
    at::add_out(r, luma, red, redGain);
    at::add_out(g, luma, red, -redGain * weights.red / weights.green);
    g.add_(blue, -blueGain * weights.blue / weights.green);
    at::add_out(b, luma, blue, blueGain);
}

FromRGB::FromRGB(const ct_format &format, int sourceDepth, at::Device device, bool isFused)
    : format(format), isFused(isFused), range(format), weights(weightsOf(format)), horizontal(horizontalSiting(format)),
      vertical(verticalSiting(format)) {
    if (format.bit_depth >= sourceDepth) return;
    for (int plane = 0; plane < (format.family == CT_GRAY ? 1 : 3); ++plane)
        dither.emplace_back(planeHeight(format, plane), planeWidth(format, plane), plane, device);
}

void FromRGB::convert(
    const at::Tensor &rgb, double low, double high, const ct_output &picture, int64_t number, Transfers &transfers) const {
    const double span = high - low, gain = range.lumaGain / span, zero = range.lumaOffset - low * gain;
    if (holdsRGB(format)) {
        for (int plane = 0; plane < 3; ++plane) {
            const int channel = channelOfPlane[plane];
            const Mix one = {channel == 0 ? gain : 0, channel == 1 ? gain : 0, channel == 2 ? gain : 0};
            write(rgb, one, zero, picture, plane, number, transfers);
        }
        return;
    }
    write(rgb, {gain * weights.red, gain * weights.green, gain * weights.blue}, zero, picture, 0, number, transfers);
    if (format.family == CT_YUV) writeDifferences(rgb, span, picture, number, transfers);
}

/// Colour differences are weighted sums of RGB, so chroma is brought to its size first: fewer samples to mix.
void FromRGB::writeDifferences(
    const at::Tensor &rgb, double span, const ct_output &picture, int64_t number, Transfers &transfers) const {
    const auto small = isFused ? rgb : decimate(decimate(rgb, 1, vertical), 2, horizontal);
    const double gain = range.chromaGain / span;
    const double blue = gain / (2 * (1 - weights.blue)), red = gain / (2 * (1 - weights.red));
    write(
        small, {-blue * weights.red, -blue * weights.green, gain / 2}, range.chromaOffset, picture, 1, number, transfers);
    write(small, {gain / 2, -red * weights.green, -red * weights.blue}, range.chromaOffset, picture, 2, number, transfers);
}

void FromRGB::write(
    const at::Tensor &rgb, Mix mix, double offset, const ct_output &picture, int plane, int64_t number,
    Transfers &transfers) const {
    if (isFused) return writeFused(rgb, mix, offset, picture, plane, number);
    at::Tensor codes;
    const double gains[3] = {mix.red, mix.green, mix.blue};
    if (!dither.empty()) codes = dither[plane].forFrame(number).add_(offset);
    for (int channel = 0; channel < 3; ++channel) {
        if (gains[channel] == 0) continue;
        const auto values = rgb.select(0, channel);
        if (codes.defined()) {
            codes.add_(values, gains[channel]);
        } else {
            codes = at::add(at::scalar_tensor(offset + 0.5), values, gains[channel]);
        }
    }
    downloadPlane(codes.clamp_(0, range.highest + 0.5), picture, format, plane, transfers);
}

void FromRGB::writeFused(
    const at::Tensor &rgb, Mix mix, double offset, const ct_output &picture, int plane, int64_t number) const {
    const bool isSmall = format.family == CT_YUV && !holdsRGB(format) && plane > 0;
    cpu::Noise noise;
    if (!dither.empty()) {
        noise.table = &dither[plane].unshifted();
        std::tie(noise.down, noise.right) = dither[plane].shift(number);
    }
    const cpu::CodeMix colours = {
        float(mix.red), float(mix.green), float(mix.blue), float(noise.table ? offset : offset + 0.5),
        float(range.highest)};
    const Siting whole{1, 0};
    cpu::writeCodes(
        rgb.contiguous(), colours, isSmall ? horizontal : whole, isSmall ? vertical : whole, noise,
        codePlane(picture, format, plane));
}

}  // namespace ct
