#include "DeviceReplacement.h"

#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include "DeviceConvolution.h"
#include "DeviceKernels.h"
#include "Packing.h"
#include "Parameters.h"
#include "Pattern.h"

namespace {

using ct::Activation;
using ct::Convolution;
using torch::jit::Value;

constexpr const char *first = "upscale_farm::device_first", *convolve = "upscale_farm::device_conv3x3", *dense = "upscale_farm::device_dense3x3";

/// The operator for it; null where it stays libtorch's. From 64 channels to fewer than 33 costs `device_conv3x3` as much as to 64.
const char *operatorFor(const at::Tensor &weight) {
    const int64_t out = weight.size(0), in = weight.size(1);
    if (in == 3 && out == 64) return first;
    if (in == 64 && out > 32 && out <= 64) return convolve;
    if (in > 0 && in % ct::kernels::DenseTask::channelsAStep == 0 && out <= 64) return dense;
    return nullptr;
}

at::Tensor packed(const at::Tensor &weight, const std::string &name, const at::Device &device) {
    const auto here = weight.to(at::kCPU);
    if (name == first) return here.reshape({weight.size(0), 27}).contiguous();
    return name == dense ? ct::packedDense(here) : ct::packedForDevice(here, *ct::kernelsFor(device));
}

void replace(const Convolution &convolution, const std::string &name, const at::Device &device) {
    auto *const node = convolution.node;
    auto &graph = *node->owningGraph();
    const auto weight = convolution.weight();
    const int64_t channels = weight.size(0), outputs = name == dense ? ct::denseOutputs(channels) : 64;
    auto activation = Activation::of(node->output(), channels);
    if (!activation.node) activation.slope = at::ones({channels});
    const auto whole = [&](const at::Tensor &values) {
        auto result = at::zeros({outputs});
        result.narrow(0, 0, channels).copy_(values);
        return result.to(device);
    };
    const auto listOf = [&](at::ArrayRef<Value *> values) { return graph.insertNode(graph.createList(c10::TensorType::get(), values))->output(); };
    const torch::jit::WithInsertPoint here(node);
    std::vector<Value *> inputs{
        name == dense ? listOf(node->input(0)) : node->input(0), graph.insertConstant(packed(weight, name, device).to(device)),
        graph.insertConstant(whole(convolution.bias())), graph.insertConstant(whole(activation.slope)), graph.insertConstant(channels)};
    if (name == dense) {
        inputs.push_back(listOf({}));
        inputs.push_back(graph.insertConstant(std::vector<double>()));
    }
    auto *const ours = graph.insertNode(graph.create(c10::Symbol::fromQualString(name), inputs));
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
