#include "Alpha.h"

#include "Planes.h"

namespace ct {
namespace {

constexpr int alphaPlane = 3;

double highest(const ct_format &format) { return (int64_t(1) << format.bit_depth) - 1; }

}  // namespace

Alpha::Alpha(const ct_format &input, const ct_format &output, const ct_model &model, const Resampler *resampler)
    : input(input), output(output), scale(model.scale), byCopying(model.network == nullptr), device(model.device),
      resampler(resampler) {
    if (input.has_alpha && output.has_alpha && output.bit_depth < input.bit_depth)
        dither.emplace(output.height, output.width, alphaPlane, device);
}

void Alpha::convert(const ct_input &source, const ct_output &result, Transfers &transfers) const {
    if (!output.has_alpha) return;
    auto plane = codes(source, transfers);
    plane = dither ? plane.add_(dither->forFrame(source.number)) : plane.add_(0.5);
    downloadPlane(plane.clamp_(0, highest(output) + 0.5), result, output, alphaPlane, transfers);
}

/// Of the output's size and depth.
at::Tensor Alpha::codes(const ct_input &source, Transfers &transfers) const {
    if (!input.has_alpha)
        return at::full(
            {output.height, output.width}, highest(output), at::TensorOptions().dtype(at::kFloat).device(device));
    const auto codes = uploadPlane(source, input, alphaPlane, transfers).mul_(highest(output) / highest(input));
    return resampler ? resampler->convert(enlarged(codes).unsqueeze(0))[0] : enlarged(codes);
}

at::Tensor Alpha::enlarged(const at::Tensor &codes) const {
    const int64_t height = input.height * scale, width = input.width * scale;
    if (!byCopying) return at::upsample_bicubic2d(codes.unsqueeze(0).unsqueeze(0), {height, width}, false)[0][0];
    return codes.view({input.height, 1, input.width, 1})
        .expand({input.height, scale, input.width, scale})
        .reshape({height, width});
}

}  // namespace ct
