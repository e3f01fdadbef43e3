#include "Layout.h"
#include "Planes.h"
#include "RGB.h"

namespace ct {

ToRGB::ToRGB(const ct_format &format, const DeviceKernels *kernels)
    : format(format), kernels(holdsRGB(format) ? nullptr : kernels), range(format), weights(weightsOf(format)), horizontal(horizontalSiting(format)),
      vertical(verticalSiting(format)) {}

at::Tensor ToRGB::chroma(const ct_input &picture, int plane, Transfers &transfers) const {
    const auto codes = uploadPlane(picture, format, plane, transfers).sub_(range.chromaOffset);
    return interpolate(interpolate(codes, 1, format.width, horizontal), 0, format.height, vertical);
}

void ToRGB::convert(const ct_input &picture, at::Tensor rgb, Transfers &transfers) const {
    if (kernels) return convertByKernel(picture, rgb, transfers);
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

void ToRGB::convertByKernel(const ct_input &picture, const at::Tensor &rgb, Transfers &transfers) const {
    kernels::SourcePicture source{};
    source.width = format.width;
    source.height = format.height;
    source.hasChroma = format.family == CT_YUV;
    source.lumaOffset = float(range.lumaOffset);
    source.lumaGain = float(range.lumaGain);
    source.chromaOffset = float(range.chromaOffset);
    const double redGain = 2 * (1 - weights.red) / range.chromaGain, blueGain = 2 * (1 - weights.blue) / range.chromaGain;
    source.redOfRed = float(redGain);
    source.greenOfRed = float(-redGain * weights.red / weights.green);
    source.greenOfBlue = float(-blueGain * weights.blue / weights.green);
    source.blueOfBlue = float(blueGain);
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
        to.factorX = plane > 0 ? int32_t(horizontal.factor) : 1;
        to.factorY = plane > 0 ? int32_t(vertical.factor) : 1;
        to.placeX = plane > 0 ? float(horizontal.position) : 0;
        to.placeY = plane > 0 ? float(vertical.position) : 0;
    }
    constexpr int threads = 128;
    kernels->toRGB(
        {unsigned(format.width + threads - 1) / threads, unsigned(format.height)}, rgb.device(), source, rgb.data_ptr());
}

}  // namespace ct
