#include "DeviceReplacement.h"

#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include "DeviceConvolution.h"
#include "DeviceKernels.h"
#include "Pattern.h"

namespace {

using ct::Activation;
using ct::Convolution;

/// The operator for it; null where it stays libtorch's. Fewer than 33 results would cost as much as 64.
const char *operatorFor(const at::Tensor &weight) {
    if (weight.size(1) == 3 && weight.size(0) == 64) return "upscale_farm::device_first";
    if (weight.size(1) == 64 && weight.size(0) > 32 && weight.size(0) <= 64) return "upscale_farm::device_conv3x3";
    return nullptr;
}

void replace(const Convolution &convolution, const char *name, const at::Device &device) {
    auto *const node = convolution.node;
    auto &graph = *node->owningGraph();
    const auto weight = convolution.weight();
    const int64_t channels = weight.size(0);
    auto activation = Activation::of(node->output(), channels);
    if (!activation.node) activation.slope = at::ones({channels});
    const auto packed = weight.size(1) == 3 ? weight.to(at::kCPU).reshape({channels, 27}).contiguous()
                                            : ct::packedForDevice(weight.to(at::kCPU), *ct::kernelsFor(device));
    const auto whole = [&](const at::Tensor &values) {
        auto result = at::zeros({64});
        result.narrow(0, 0, channels).copy_(values);
        return result.to(device);
    };
    const torch::jit::WithInsertPoint here(node);
    auto *const ours = graph.insertNode(graph.create(
        c10::Symbol::fromQualString(name),
        {node->input(0), graph.insertConstant(packed.to(device)), graph.insertConstant(whole(convolution.bias())),
         graph.insertConstant(whole(activation.slope)), graph.insertConstant(channels)}));
    (activation.node ? activation.node : node)->output()->replaceAllUsesWith(ours->output());
    if (activation.node) activation.node->destroy();
}

int32_t replaceIn(torch::jit::Block *block, const at::Device &device) {
    int32_t ours = 0;
    for (auto *node : block->nodes()) {
        for (auto *inner : node->blocks()) ours += replaceIn(inner, device);
        const auto convolution = Convolution::of(node, at::kHalf);
        if (!convolution || !convolution->isPlain()) continue;
        const char *const name = operatorFor(convolution->weight());
        if (!name) continue;
        replace(*convolution, name, device);
        ++ours;
    }
    return ours;
}

}  // namespace

int32_t ct::replaceDeviceConvolutions(torch::jit::Module &network, const at::Device &device) {
    if (!kernelsFor(device)) return 0;
    auto graph = network.get_method("forward").graph();
    torch::jit::ConstantPropagation(graph);
    const int32_t ours = replaceIn(graph->block(), device);
    torch::jit::EliminateDeadCode(graph);
    return ours;
}
