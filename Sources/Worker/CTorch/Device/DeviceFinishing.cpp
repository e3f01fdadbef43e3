#include "DeviceFinishing.h"

#include <algorithm>

namespace ct {
namespace {

constexpr int64_t threads = 128, samplesAThread = 8;

using driver::blocks;

kernels::FinishedPicture pictureOf(const Finished &picture) {
    kernels::FinishedPicture result{};
    result.rgb = picture.rgb.data_ptr();
    result.height = int32_t(picture.rgb.size(1));
    result.width = int32_t(picture.rgb.size(2));
    if (!picture.cells.defined()) return result;
    result.cells = picture.cells.data_ptr<float>();
    result.cellRows = int32_t(picture.cells.size(1));
    result.cellColumns = int32_t(picture.cells.size(2));
    result.cellsARow = float(result.cellRows) / float(result.height);
    result.cellsAColumn = float(result.cellColumns) / float(result.width);
    result.least = picture.least.data_ptr<float>();
    result.greatest = picture.greatest.data_ptr<float>();
    return result;
}

bool isHalf(const Finished &picture) { return picture.rgb.scalar_type() == at::kHalf; }

kernels::DecimationTaps tapsOf(const Siting &siting) {
    kernels::DecimationTaps result{};
    result.factor = int32_t(siting.factor);
    if (siting.factor == 1) {
        result.count = 1;
        result.weights[0] = 1;
        return result;
    }
    for (const Tap &tap : taps(siting)) {
        result.offsets[result.count] = int32_t(tap.offset);
        result.weights[result.count++] = float(tap.weight);
    }
    return result;
}

}  // namespace

Finished held(const at::Tensor &rgb, const at::Tensor &source, at::Tensor &mean, const DeviceKernels &kernels) {
    constexpr int64_t cell = 8;
    const auto whole = rgb.contiguous(), own = source.contiguous();
    const int64_t height = own.size(1), width = own.size(2), scale = whole.size(1) / height;
    auto lacking = at::empty_like(own);
    const auto &kernel = whole.scalar_type() == at::kHalf ? kernels.lackingHalf : kernels.lackingFloat;
    kernel(
        {blocks(width, threads), unsigned(height), 3}, whole.device(), whole.data_ptr(), own.data_ptr(), lacking.data_ptr(), int(scale),
        int(width), int(height));
    mean = own.mean().sub_(lacking.mean());
    return {
        whole,
        at::adaptive_avg_pool2d(lacking, {std::max<int64_t>(1, height / cell), std::max<int64_t>(1, width / cell)}).contiguous(),
        own.amin({1, 2}).contiguous(), own.amax({1, 2}).contiguous()};
}

at::Tensor lifted(const Finished &picture, const DeviceKernels &kernels) {
    if (!picture.cells.defined()) return picture.rgb.to(at::kFloat);
    auto result = at::empty_like(picture.rgb, picture.rgb.options().dtype(at::kFloat));
    const auto &kernel = isHalf(picture) ? kernels.liftHalf : kernels.liftFloat;
    const int64_t height = result.size(1), width = result.size(2);
    kernel(
        {blocks(width, threads * samplesAThread), unsigned(height), 3}, result.device(), pictureOf(picture), result.data_ptr());
    return result;
}

bool canWriteTogether(const Siting &across, const Siting &down) {
    return across.factor == 2 && (across.position == 0 || across.isCentred()) && down.factor == 2 && down.isCentred();
}

void writeTogether(const Finished &picture, const kernels::CodePlanes &planes, const Siting &across, const DeviceKernels &kernels) {
    const auto &kernel = isHalf(picture) ? kernels.halvedHalf : kernels.halvedFloat;
    kernel(
        {blocks(picture.rgb.size(2), threads * samplesAThread), blocks(picture.rgb.size(1), 2)}, picture.rgb.device(),
        pictureOf(picture), planes, int(across.isCentred()));
}

void writePlane(
    const Finished &picture, const kernels::CodePlane &plane, const Siting &across, const Siting &down, const DeviceKernels &kernels) {
    const auto &kernel = isHalf(picture) ? kernels.planeHalf : kernels.planeFloat;
    const kernels::Decimation decimation{tapsOf(down), tapsOf(across)};
    kernel({blocks(plane.width, threads), unsigned(plane.height)}, picture.rgb.device(), pictureOf(picture), plane, decimation);
}

}  // namespace ct
