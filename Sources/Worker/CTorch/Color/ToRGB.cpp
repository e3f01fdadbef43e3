#include "ToRGB.h"

#include <limits>
#include <vector>

#include "Layout.h"
#include "Parameters.h"
#include "Planes.h"

namespace ct {

void ValueRange::bring(const at::Tensor &rgb) const {
    rgb.clamp_(0, 1);
    if (low != 0 || high != 1) rgb.mul_(high - low).add_(low);
}

ToRGB::ToRGB(const ct_format &format, const DeviceKernels *kernels)
    : format(format), kernels(holdsRGB(format) ? nullptr : kernels), range(format), weights(weightsOf(format)),
      horizontal(horizontalSiting(format)), vertical(verticalSiting(format)) {}

at::Tensor ToRGB::chroma(const ct_input &picture, int plane, Transfers &transfers) const {
    const auto codes = uploadPlane(picture, format, plane, transfers).sub_(range.chromaOffset);
    return interpolate(interpolate(codes, 1, format.width, horizontal), 0, format.height, vertical);
}

ToRGB::Gains ToRGB::gains() const {
    const double red = 2 * (1 - weights.red) / range.chromaGain, blue = 2 * (1 - weights.blue) / range.chromaGain;
    return {red, -red * weights.red / weights.green, -blue * weights.blue / weights.green, blue};
}

void ToRGB::convert(
    const ct_input &picture, const at::Tensor &rgb, const std::optional<ValueRange> &values, Transfers &transfers) const {
    if (kernels) return convertByKernel(picture, rgb, values, transfers);
    convertByTensors(picture, rgb, transfers);
    if (values) values->bring(rgb);
}

void ToRGB::convertByTensors(const ct_input &picture, at::Tensor rgb, Transfers &transfers) const {
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
    const Gains gain = gains();
    auto r = rgb.select(0, 0), g = rgb.select(0, 1), b = rgb.select(0, 2);
    at::add_out(r, luma, red, gain.redOfRed);
    at::add_out(g, luma, red, gain.greenOfRed);
    g.add_(blue, gain.greenOfBlue);
    at::add_out(b, luma, blue, gain.blueOfBlue);
}

void ToRGB::convertByKernel(
    const ct_input &picture, const at::Tensor &rgb, const std::optional<ValueRange> &values, Transfers &transfers) const {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    kernels::SourcePicture source{};
    source.width = format.width;
    source.height = format.height;
    source.hasChroma = format.family == CT_YUV;
    source.lumaOffset = float(range.lumaOffset);
    source.lumaGain = float(range.lumaGain);
    source.chromaOffset = float(range.chromaOffset);
    const Gains gain = gains();
    source.redOfRed = float(gain.redOfRed);
    source.greenOfRed = float(gain.greenOfRed);
    source.greenOfBlue = float(gain.greenOfBlue);
    source.blueOfBlue = float(gain.blueOfBlue);
    source.least = values ? 0 : -infinity;
    source.greatest = values ? 1 : infinity;
    source.gain = values ? float(values->high - values->low) : 1;
    source.offset = values ? float(values->low) : 0;
    std::vector<at::Tensor> samples;
    for (int plane = 0; plane < (source.hasChroma ? 3 : 1); ++plane) {
        samples.push_back(sourceCodes(picture, format, plane, transfers));
        auto &to = source.planes[plane];
        to.samples = samples.back().data_ptr();
        to.stride = int32_t(samples.back().stride(0));
        to.step = int32_t(samples.back().stride(1));
        to.height = int32_t(samples.back().size(0));
        to.width = int32_t(samples.back().size(1));
        to.isWide = format.bit_depth > 8;
        to.shift = picture.on_device ? picture.shift : 0;
        to.across = plane > 0 ? 1 / float(horizontal.factor) : 1;
        to.down = plane > 0 ? 1 / float(vertical.factor) : 1;
        to.placeX = plane > 0 ? float(horizontal.position) : 0;
        to.placeY = plane > 0 ? float(vertical.position) : 0;
    }
    kernels->toRGB({driver::blocks(format.width, 128 * 4), unsigned(format.height)}, rgb.device(), source, rgb.data_ptr());
}

}  // namespace ct
