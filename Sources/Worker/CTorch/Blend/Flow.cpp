#include "Flow.h"

#include <algorithm>

#include "Kernels.h"
#include "Parameters.h"

namespace ct {
namespace {

constexpr int64_t window = 4;        // reach of the windows of least squares
constexpr int steps = 2;             // a level
constexpr double furthest = 1;       // pixels a step: more is a wrong turn
constexpr double regularity = 3e-3;  // flat windows tell no direction: there points stay where the coarser level has them
constexpr int64_t coarsest = 12;     // pixels along the shorter side
constexpr size_t mostLevels = 7;

at::Tensor halved(const at::Tensor &luma) { return at::avg_pool2d(luma, {2, 2}, {2, 2}, {0, 0}, true, false); }

/// Central differences.
at::Tensor derivative(const at::Tensor &luma, int64_t axis) {
    const bool down = axis == 2;
    const auto padded = at::replication_pad2d(luma, down ? at::IntArrayRef{0, 0, 1, 1} : at::IntArrayRef{1, 1, 0, 0});
    const int64_t size = luma.size(axis);
    return padded.narrow(axis, 2, size).sub(padded.narrow(axis, 0, size)).mul_(0.5);
}

/// Of kernels whose blocks make 32 x 32 samples.
driver::Grid blocksOf(const at::Tensor &plane) {
    constexpr int64_t edge = 32;
    return {driver::blocks(plane.size(3), edge), driver::blocks(plane.size(2), edge)};
}

}  // namespace

at::Tensor windowMeans(const at::Tensor &planes, int64_t reach) {
    const int64_t edge = 2 * reach + 1;
    // An axis at a time, the fewer sums.
    const auto across = at::avg_pool2d(
        at::replication_pad2d(planes, {reach, reach, reach, reach}), {1, edge}, {1, 1});
    return at::avg_pool2d(across, {edge, 1}, {1, 1});
}

at::Tensor warp(const at::Tensor &picture, const at::Tensor &flow, bool smooth) {
    const int64_t height = flow.size(2), width = flow.size(3);
    const auto options = flow.options();
    // In grid_sampler's coordinates -1 is the first sample's middle, 1 the last one's.
    const double x = 2.0 / double(std::max<int64_t>(1, picture.size(3) - 1));
    const double y = 2.0 / double(std::max<int64_t>(1, picture.size(2) - 1));
    auto points = at::empty({1, height, width, 2}, options);
    points.select(3, 0).copy_(flow.select(1, 0)).add_(at::arange(width, options).view({1, 1, width})).mul_(x).sub_(1);
    points.select(3, 1).copy_(flow.select(1, 1)).add_(at::arange(height, options).view({1, height, 1})).mul_(y).sub_(1);
    constexpr int64_t linear = 0, cubic = 2, border = 1;
    return at::grid_sampler_2d(picture, points, smooth ? cubic : linear, border, true);
}

Pyramid::Pyramid(const at::Tensor &luma, bool fused, const DeviceKernels *kernels) : fused(fused), kernels(kernels) {
    auto next = luma.contiguous();
    while (true) {
        levels.push_back(kernels ? levelByKernel(next) : level(next));
        if (std::min(next.size(2), next.size(3)) / 2 < coarsest || levels.size() == mostLevels) break;
        next = halved(next);
    }
}

Pyramid::Level Pyramid::level(const at::Tensor &luma) const {
    Level level;
    level.luma = luma;
    level.alongX = derivative(luma, 3);
    level.alongY = derivative(luma, 2);
    level.xx = means(level.alongX * level.alongX).add_(regularity);
    level.xy = means(level.alongX * level.alongY);
    level.yy = means(level.alongY * level.alongY).add_(regularity);
    level.determinant = level.xx * level.yy - level.xy * level.xy;
    return level;
}

Pyramid::Level Pyramid::levelByKernel(const at::Tensor &luma) const {
    Level level;
    level.luma = luma;
    for (auto *plane : {&level.alongX, &level.alongY, &level.xx, &level.xy, &level.yy, &level.determinant})
        *plane = at::empty_like(luma);
    kernels->slopes(
        blocksOf(luma), luma.device(),
        kernels::SlopesTask{
            luma.data_ptr<float>(), level.alongX.data_ptr<float>(), level.alongY.data_ptr<float>(), level.xx.data_ptr<float>(),
            level.xy.data_ptr<float>(), level.yy.data_ptr<float>(), level.determinant.data_ptr<float>(), int32_t(luma.size(3)),
            int32_t(luma.size(2)), float(regularity)});
    return level;
}

at::Tensor Pyramid::flowTo(const Pyramid &other) const {
    at::Tensor flow;
    for (size_t i = levels.size(); i-- > 0;) {
        const auto &luma = levels[i].luma;
        flow = flow.defined() ? refined(flow, luma) : at::zeros({1, 2, luma.size(2), luma.size(3)}, luma.options());
        for (int step = 0; step < steps; ++step) flow = better(levels[i], other.levels[i].luma, flow);
    }
    return flow;
}

at::Tensor Pyramid::means(const at::Tensor &planes) const {
    return fused ? cpu::windowMeans(planes, window) : windowMeans(planes, window);
}

at::Tensor Pyramid::better(const Level &level, const at::Tensor &other, const at::Tensor &flow) const {
    if (fused)
        return cpu::betterFlow(
            {level.luma, level.alongX, level.alongY, level.xx, level.xy, level.yy, level.determinant}, other, flow, window,
            float(furthest));
    if (kernels) return betterByKernel(level, other, flow);
    const auto change = warp(other, flow, false).sub_(level.luma);
    const auto x = windowMeans(level.alongX * change, window), y = windowMeans(level.alongY * change, window);
    const auto byX = (level.xy * y - level.yy * x).div_(level.determinant).clamp_(-furthest, furthest);
    const auto byY = (level.xy * x - level.xx * y).div_(level.determinant).clamp_(-furthest, furthest);
    return windowMeans(flow.add(at::cat({byX, byY}, 1)), 1);
}

at::Tensor Pyramid::betterByKernel(const Level &level, const at::Tensor &other, const at::Tensor &flow) const {
    auto to = at::empty_like(flow);
    kernels->betterFlow(
        blocksOf(level.luma), flow.device(),
        kernels::FlowTask{
            level.luma.data_ptr<float>(), level.alongX.data_ptr<float>(), level.alongY.data_ptr<float>(), level.xx.data_ptr<float>(),
            level.xy.data_ptr<float>(), level.yy.data_ptr<float>(), level.determinant.data_ptr<float>(), other.data_ptr<float>(),
            flow.data_ptr<float>(), to.data_ptr<float>(), int32_t(flow.size(3)), int32_t(flow.size(2)), float(furthest)});
    return to;
}

at::Tensor Pyramid::refined(const at::Tensor &flow, const at::Tensor &finer) const {
    const int64_t height = finer.size(2), width = finer.size(3);
    if (kernels) {
        constexpr int64_t threads = 256;
        auto to = at::empty({1, 2, height, width}, flow.options());
        kernels->refine(
            {driver::blocks(width, threads), unsigned(height), 2}, flow.device(), flow.data_ptr<float>(), to.data_ptr<float>(),
            int(flow.size(3)), int(flow.size(2)), int(width), int(height));
        return to;
    }
    const auto large = at::upsample_bilinear2d(flow, {flow.size(2) * 2, flow.size(3) * 2}, false);
    return large.narrow(2, 0, height).narrow(3, 0, width).mul(2).contiguous();
}

}  // namespace ct
