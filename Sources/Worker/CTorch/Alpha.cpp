#include "Alpha.h"

#include "Planes.h"

namespace ct {
namespace {

constexpr int plane = 3;

double highest(const ct_format &format) { return (int64_t(1) << format.bit_depth) - 1; }

}  // namespace

Alpha::Alpha(const ct_format &input, const ct_format &output, bool byCopying, at::Device device)
    : input(input), output(output), byCopying(byCopying), device(device) {
    if (input.has_alpha && output.has_alpha && output.bit_depth < input.bit_depth)
        dither.emplace(output.height, output.width, plane, device);
}

void Alpha::convert(const ct_input &source, const ct_output &result) const {
    if (!output.has_alpha) return;
    auto codes = enlarged(source);
    codes = dither ? codes.add_(dither->forFrame(source.number)) : codes.add_(0.5);
    downloadPlane(codes.clamp_(0, highest(output) + 0.5), result, output, plane);
}

/// Codes of the output's depth.
at::Tensor Alpha::enlarged(const ct_input &source) const {
    const int64_t height = output.height, width = output.width;
    if (!input.has_alpha)
        return at::full({height, width}, highest(output), at::TensorOptions().dtype(at::kFloat).device(device));
    const auto codes = uploadPlane(source, input, plane, device).mul_(highest(output) / highest(input));
    if (!byCopying) return at::upsample_bicubic2d(codes.unsqueeze(0).unsqueeze(0), {height, width}, false)[0][0];
    const int64_t down = height / input.height, right = width / input.width;
    return codes.view({input.height, 1, input.width, 1})
        .expand({input.height, down, input.width, right})
        .reshape({height, width});
}

}  // namespace ct
