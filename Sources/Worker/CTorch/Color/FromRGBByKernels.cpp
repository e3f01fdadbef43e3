// RGB to planes on a device.
#include "FromRGB.h"
#include "Layout.h"
#include "Planes.h"

namespace ct {

void FromRGB::writeByKernels(
    const Finished &picture, const std::vector<Mix> &mixes, const ct_output &output, int64_t number, Transfers &transfers) const {
    std::vector<at::Tensor> codes;
    kernels::CodePlanes planes{};
    const auto options = picture.samples().options().dtype(format.bit_depth > 8 ? at::kShort : at::kByte);
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

}  // namespace ct
