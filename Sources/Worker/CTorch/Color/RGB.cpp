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

void FromRGB::writeByKernels(
    const Finished &picture, const std::vector<Mix> &mixes, const ct_output &output, int64_t number, Transfers &transfers) const {
    std::vector<at::Tensor> codes;
    kernels::CodePlanes planes{};
    const auto options = picture.rgb.options().dtype(format.bit_depth > 8 ? at::kShort : at::kByte);
    for (int plane = 0; plane < int(mixes.size()); ++plane) {
        constexpr int64_t line = 64;
        codes.push_back(at::empty({planeHeight(format, plane), (planeWidth(format, plane) + line - 1) / line * line}, options));
        planes.planes[plane] = codePlane(codes.back(), mixes[size_t(plane)], plane, number);
    }
    if (format.family == CT_YUV && isSubsampled(1) && canWriteTogether(horizontal, vertical)) {
        writeTogether(picture, planes, horizontal, *kernels);
    } else {
        const Siting whole{1, 0};
        for (int plane = 0; plane < int(codes.size()); ++plane)
            writePlane(
                picture, planes.planes[plane], isSubsampled(plane) ? horizontal : whole, isSubsampled(plane) ? vertical : whole,
                *kernels);
    }
    for (int plane = 0; plane < int(codes.size()); ++plane)
        downloadCodes(codes[size_t(plane)], output, format, plane, transfers);
}

kernels::CodePlane FromRGB::codePlane(const at::Tensor &codes, const Mix &mix, int plane, int64_t number) const {
    kernels::CodePlane result{};
    result.samples = codes.data_ptr();
    result.stride = int32_t(codes.stride(0));
    result.width = int32_t(planeWidth(format, plane));
    result.height = int32_t(planeHeight(format, plane));
    result.isWide = format.bit_depth > 8;
    result.mix[0] = float(mix.red);
    result.mix[1] = float(mix.green);
    result.mix[2] = float(mix.blue);
    result.offset = float(dither.empty() ? mix.offset + 0.5 : mix.offset);
    result.highest = float(range.highest);
    if (dither.empty()) return result;
    const auto [down, right] = dither[size_t(plane)].shift(number);
    result.noise = dither[size_t(plane)].unshifted().data_ptr<float>();
    result.noiseDown = int32_t(down);
    result.noiseRight = int32_t(right);
    return result;
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
