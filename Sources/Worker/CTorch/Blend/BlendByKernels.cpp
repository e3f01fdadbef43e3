// What the blend does on a device.
#include "Blend.h"
#include "Parameters.h"

namespace ct {

at::Tensor Blend::weightByKernel(const Picture &picture, const Picture &neighbour, const at::Tensor &flow) const {
    constexpr int64_t edge = 32;
    const int64_t height = flow.size(2), width = flow.size(3);
    auto weight = at::empty({1, 1, height, width}, flow.options());
    kernels->matchWeight(
        {driver::blocks(width, edge), driver::blocks(height, edge)}, flow.device(),
        kernels::MatchTask{
            picture.source.data_ptr<float>(), neighbour.source.data_ptr<float>(), flow.data_ptr<float>(),
            picture.tolerance.data_ptr<float>(), weight.data_ptr<float>(), int32_t(width), int32_t(height), float(least)});
    return weight;
}

at::Tensor Blend::gate(int64_t number, const Picture &neighbour) const {
    auto result = at::Tensor();
    const auto pass = [&](const Picture &picture) { result = result.defined() ? result * picture.continues : picture.continues; };
    const auto own = kept.find(number);
    for (auto place = own; place != kept.begin();) {
        pass(place->second);
        if (&(--place)->second == &neighbour) return result;
    }
    result.reset();
    for (auto place = std::next(own); place != kept.end(); ++place) {
        pass(place->second);
        if (&place->second == &neighbour) break;
    }
    return result;
}

bool Blend::canMixByKernel(const Picture &picture, size_t neighbours) const {
    return kernels && neighbours <= size_t(kernels::MixTask::most) && picture.reach <= kernels::MixTask::mostReach && picture.source.size(2) > 1
        && picture.source.size(3) > 1;
}

at::Tensor Blend::mixedByKernel(int64_t number, const std::vector<const Picture *> &neighbours) const {
    const Picture &picture = kept.at(number);
    const auto &own = picture.result;
    auto to = at::empty_like(own[0]);
    kernels::MixTask task{};
    task.own = own.data_ptr<float>();
    task.to = to.data_ptr<float>();
    task.height = int32_t(own.size(2));
    task.width = int32_t(own.size(3));
    task.smallHeight = int32_t(picture.source.size(2));
    task.smallWidth = int32_t(picture.source.size(3));
    task.smallARow = float(task.smallHeight) / float(task.height);
    task.smallAColumn = float(task.smallWidth) / float(task.width);
    task.rowsASmall = float(task.height) / float(task.smallHeight);
    task.columnsASmall = float(task.width) / float(task.smallWidth);
    task.reach = int32_t(picture.reach);
    std::vector<at::Tensor> used;
    for (const auto *neighbour : neighbours) {
        auto [flow, weight] = match(picture, *neighbour);
        const auto motion = flow.contiguous(), share = weight.contiguous(), all = gate(number, *neighbour);
        task.neighbours[task.count++] = {
            neighbour->result.data_ptr<float>(), motion.data_ptr<float>(), share.data_ptr<float>(), all.data_ptr<float>()};
        used.insert(used.end(), {motion, share, all});  // freed only once the kernel was asked for
    }
    const auto &kernel = task.reach == 2 ? kernels->mixTwo : task.reach == 1 ? kernels->mixOne : kernels->mixAny;
    kernel.withShared(
        task.sharedBytes(task.reach), {driver::blocks(task.width, task.across), driver::blocks(task.height, task.down)}, own.device(), task);
    return to;
}

}  // namespace ct
