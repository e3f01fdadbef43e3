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

/// Whether no middle of a cell lies among the samples that one thread takes.
bool areEven(const Finished &picture) {
    if (!isHalf(picture) || !picture.cells.defined()) return false;
    const int64_t width = picture.rgb.size(2), columns = picture.cells.size(2);
    return width % (2 * samplesAThread * columns) == 0;
}

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

/// What `CellsTask` says of `rgb` and its source, both one plane behind the other.
at::Tensor measured(const at::Tensor &rgb, const at::Tensor &source, const DeviceKernels &kernels) {
    constexpr int64_t cell = 8, warp = 32;
    const int64_t height = source.size(1), width = source.size(2);
    const auto result = at::empty({4, 3, std::max<int64_t>(1, height / cell), std::max<int64_t>(1, width / cell)}, source.options());
    kernels::CellsTask task{};
    task.rgb = rgb.data_ptr();
    task.source = source.data_ptr<float>();
    task.to = result.data_ptr<float>();
    task.scale = int32_t(rgb.size(1) / height);
    task.width = int32_t(width);
    task.height = int32_t(height);
    task.rows = int32_t(result.size(2));
    task.columns = int32_t(result.size(3));
    const auto &kernel = rgb.scalar_type() == at::kHalf ? kernels.cellsHalf : kernels.cellsFloat;
    kernel({blocks(task.columns, threads / warp), unsigned(task.rows), 3}, rgb.device(), task);
    return result;
}

}  // namespace

Finished held(const at::Tensor &rgb, const at::Tensor &source, at::Tensor &means, const DeviceKernels &kernels) {
    const auto whole = rgb.contiguous(), own = source.contiguous();
    const auto cells = measured(whole, own, kernels);
    const auto settled = at::empty({4, 3}, cells.options());
    kernels.settleCells({3}, rgb.device(), cells.data_ptr(), int(cells.size(2) * cells.size(3)), settled.data_ptr());
    // What neighbouring cells share counts twice: near enough to find NaN, infinity and black by, and they are for nothing else.
    means = settled.narrow(0, 0, 2);
    return {whole, cells[0], settled[2], settled[3]};
}

at::Tensor lifted(const Finished &picture, const DeviceKernels &kernels) {
    if (!picture.cells.defined()) return picture.rgb.to(at::kFloat);
    auto result = at::empty_like(picture.rgb, picture.rgb.options().dtype(at::kFloat));
    const auto &kernel = areEven(picture) ? kernels.liftEven : isHalf(picture) ? kernels.liftHalf : kernels.liftFloat;
    const int64_t height = result.size(1), width = result.size(2);
    kernel(
        {blocks(width, threads * samplesAThread), unsigned(height), 3}, result.device(), pictureOf(picture), result.data_ptr());
    return result;
}

bool canWriteTogether(const Siting &across, const Siting &down) {
    return across.factor == 2 && (across.position == 0 || across.isCentred()) && down.factor == 2 && down.isCentred();
}

void writeTogether(const Finished &picture, const kernels::CodePlanes &planes, const Siting &across, const DeviceKernels &kernels) {
    const auto &kernel = areEven(picture) ? kernels.halvedEven : isHalf(picture) ? kernels.halvedHalf : kernels.halvedFloat;
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
