#include "DeviceFinishing.h"

#include <algorithm>

namespace ct {
namespace {

constexpr int64_t threads = 128, samplesAThread = 8;

using driver::blocks;

/// The one factor that there are kernels for which go without a shuffle.
constexpr int64_t unshuffledFactor = 4;

kernels::UnshuffledPicture unshuffledOf(const Finished &picture) {
    return {
        picture.values.data_ptr(), picture.base.data_ptr(), int32_t(picture.values.stride(2)), int32_t(picture.values.size(2)),
        int32_t(picture.values.size(1))};
}

kernels::FinishedPicture pictureOf(const Finished &picture) {
    kernels::FinishedPicture result{};
    if (picture.values.defined()) {
        result.height = int32_t(picture.values.size(1) * unshuffledFactor);
        result.width = int32_t(picture.values.size(2) * unshuffledFactor);
    } else {
        result.rgb = picture.rgb.data_ptr();
        result.height = int32_t(picture.rgb.size(1));
        result.width = int32_t(picture.rgb.size(2));
    }
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

constexpr int64_t cell = 8;

/// For what is measured of a source.
at::Tensor cellsFor(const at::Tensor &source) {
    const auto of = [](int64_t size) { return std::max<int64_t>(1, size / cell); };
    return at::empty({4, 3, of(source.size(1)), of(source.size(2))}, source.options());
}

/// What a picture and its source, one plane behind the other, are measured by.
kernels::CellsTask taskOf(const at::Tensor &cells, const at::Tensor &source) {
    kernels::CellsTask task{};
    task.source = source.data_ptr<float>();
    task.to = cells.data_ptr<float>();
    task.width = int32_t(source.size(2));
    task.height = int32_t(source.size(1));
    task.rows = int32_t(cells.size(2));
    task.columns = int32_t(cells.size(3));
    return task;
}

driver::Grid gridOf(const kernels::CellsTask &task, unsigned channels) {
    constexpr int64_t warp = 32;
    return {blocks(task.columns, threads / warp), unsigned(task.rows), channels};
}

/// Puts down what the cells come to.
void settle(const at::Tensor &cells, Finished &picture, at::Tensor &means, const DeviceKernels &kernels) {
    const auto settled = at::empty({4, 3}, cells.options());
    kernels.settleCells({3}, cells.device(), cells.data_ptr(), int(cells.size(2) * cells.size(3)), settled.data_ptr());
    // What neighbouring cells share counts twice: near enough to find NaN, infinity and black by, and they are for nothing else.
    means = settled.narrow(0, 0, 2);
    picture.cells = cells[0];
    picture.least = settled[2];
    picture.greatest = settled[3];
}

}  // namespace

Finished held(const at::Tensor &rgb, const at::Tensor &source, at::Tensor &means, const DeviceKernels &kernels) {
    Finished result;
    result.rgb = rgb.contiguous();
    const auto own = source.contiguous(), cells = cellsFor(own);
    auto task = taskOf(cells, own);
    task.rgb = result.rgb.data_ptr();
    task.scale = int32_t(rgb.size(1) / own.size(1));
    const auto &kernel = isHalf(result) ? kernels.cellsHalf : kernels.cellsFloat;
    kernel(gridOf(task, 3), rgb.device(), task);
    settle(cells, result, means, kernels);
    return result;
}

Finished held(const Enlarged &made, int64_t index, const at::Tensor &source, at::Tensor &means, const DeviceKernels &kernels) {
    Finished result;
    result.values = made.values[index];
    result.base = made.base[index].contiguous();
    const auto own = source.contiguous(), cells = cellsFor(own);
    const auto task = taskOf(cells, own);
    kernels.cellsUnshuffled(gridOf(task, 1), own.device(), task, unshuffledOf(result));
    settle(cells, result, means, kernels);
    return result;
}

bool canStayUnshuffled(const Enlarged &made) {
    if (made.factor != unshuffledFactor || made.values.scalar_type() != at::kHalf || made.base.scalar_type() != at::kHalf) return false;
    const int64_t height = made.values.size(2), width = made.values.size(3), step = made.values.stride(3);
    constexpr int64_t word = 8;  // halves that are read at once
    return made.values.stride(1) == 1 && step % word == 0 && made.values.stride(2) == step * width && made.values.stride(0) == step * width * height
        && height % cell == 0 && width % cell == 0;
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
    if (picture.values.defined()) {
        constexpr int64_t pixels = 31 * threads / 32;  // of a block: see the kernel
        const auto from = unshuffledOf(picture);
        kernels.halvedUnshuffled(
            {blocks(from.width, pixels), unsigned(from.height)}, picture.values.device(), pictureOf(picture), from, planes, int(across.isCentred()));
        return;
    }
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
