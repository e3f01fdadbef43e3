#include "FromRGB.h"

#include <tuple>

#include "Layout.h"
#include "Planes.h"

namespace ct {

FromRGB::FromRGB(const ct_format &format, int sourceDepth, at::Device device, bool isFused, const DeviceKernels *kernels)
    : format(format), isFused(isFused), kernels(kernels), range(format), weights(weightsOf(format)),
      horizontal(horizontalSiting(format)), vertical(verticalSiting(format)) {
    if (format.bit_depth >= sourceDepth) return;
    for (int plane = 0; plane < (format.family == CT_GRAY ? 1 : 3); ++plane)
        dither.emplace_back(planeHeight(format, plane), planeWidth(format, plane), plane, device);
}

std::vector<FromRGB::Mix> FromRGB::mixes(double low, double high) const {
    const double span = high - low, gain = range.lumaGain / span, zero = range.lumaOffset - low * gain;
    std::vector<Mix> result;
    if (holdsRGB(format)) {
        for (const int channel : channelOfPlane)
            result.push_back({channel == 0 ? gain : 0, channel == 1 ? gain : 0, channel == 2 ? gain : 0, zero});
        return result;
    }
    result.push_back({gain * weights.red, gain * weights.green, gain * weights.blue, zero});
    if (format.family != CT_YUV) return result;
    const double difference = range.chromaGain / span;
    const double blue = difference / (2 * (1 - weights.blue)), red = difference / (2 * (1 - weights.red));
    result.push_back({-blue * weights.red, -blue * weights.green, difference / 2, range.chromaOffset});
    result.push_back({difference / 2, -red * weights.green, -red * weights.blue, range.chromaOffset});
    return result;
}

void FromRGB::convert(
    const Finished &picture, double low, double high, const ct_output &output, int64_t number, Transfers &transfers) const {
    const auto planes = mixes(low, high);
    if (kernels) return writeByKernels(picture, planes, output, number, transfers);
    at::Tensor small;
    for (int plane = 0; plane < int(planes.size()); ++plane) {
        // Colour differences are weighted sums of RGB, so chroma is brought to its size first: fewer samples to mix.
        if (isSubsampled(plane) && !isFused && !small.defined())
            small = decimate(decimate(picture.rgb, 1, vertical), 2, horizontal);
        write(isSubsampled(plane) && !isFused ? small : picture.rgb, planes[size_t(plane)], output, plane, number, transfers);
    }
}

void FromRGB::write(
    const at::Tensor &rgb, const Mix &mix, const ct_output &picture, int plane, int64_t number, Transfers &transfers) const {
    if (isFused) return writeFused(rgb, mix, picture, plane, number);
    at::Tensor codes;
    const double gains[3] = {mix.red, mix.green, mix.blue};
    if (!dither.empty()) codes = dither[size_t(plane)].forFrame(number).add_(mix.offset);
    for (int channel = 0; channel < 3; ++channel) {
        if (gains[channel] == 0) continue;
        const auto values = rgb.select(0, channel);
        if (codes.defined()) {
            codes.add_(values, gains[channel]);
        } else {
            codes = at::add(at::scalar_tensor(mix.offset + 0.5), values, gains[channel]);
        }
    }
    downloadPlane(codes.clamp_(0, range.highest + 0.5), picture, format, plane, transfers);
}

void FromRGB::writeFused(const at::Tensor &rgb, const Mix &mix, const ct_output &picture, int plane, int64_t number) const {
    cpu::Noise noise;
    if (!dither.empty()) {
        noise.table = &dither[size_t(plane)].unshifted();
        std::tie(noise.down, noise.right) = dither[size_t(plane)].shift(number);
    }
    const cpu::CodeMix colours = {
        float(mix.red), float(mix.green), float(mix.blue), float(noise.table ? mix.offset : mix.offset + 0.5),
        float(range.highest)};
    const Siting whole{1, 0};
    cpu::writeCodes(
        rgb.contiguous(), colours, isSubsampled(plane) ? horizontal : whole, isSubsampled(plane) ? vertical : whole, noise,
        ct::codePlane(picture, format, plane));
}

}  // namespace ct
