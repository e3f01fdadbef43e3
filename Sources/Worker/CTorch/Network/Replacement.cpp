#include "Replacement.h"

#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include "FusedConvolution.h"
#include "Pattern.h"

namespace {

using ct::Activation;
using ct::Convolution;
using torch::jit::Node;
using torch::jit::Value;

void replaceByOurs(const Convolution &convolution) {
    Node *node = convolution.node;
    auto &graph = *node->owningGraph();
    const auto weight = convolution.weight().contiguous();
    const int64_t channels = weight.size(0);
    const auto bias = convolution.bias();
    auto activation = Activation::of(node->output(), channels);
    if (!activation.node) activation.slope = at::ones({channels});
    const auto packed = ct::packed(ct::convolutionKernel(), weight.data_ptr<float>(), weight.size(1), channels);
    const torch::jit::WithInsertPoint here(node);
    Node *pictures = graph.insertNode(graph.createList(c10::TensorType::get(), {node->input(0)}));
    Node *ours = graph.insertNode(graph.create(
        c10::Symbol::fromQualString("upscale_farm::conv3x3"),
        {pictures->output(), graph.insertConstant(at::tensor(packed)), graph.insertConstant(ct::filledUp(bias)),
         graph.insertConstant(ct::filledUp(activation.slope)), graph.insertConstant(channels)}));
    (activation.node ? activation.node : node)->output()->replaceAllUsesWith(ours->output());
    if (activation.node) activation.node->destroy();
}

void replaceByOneDNN(const Convolution &convolution) {
    Node *node = convolution.node;
    auto &graph = *node->owningGraph();
    const torch::jit::WithInsertPoint here(node);
    std::vector<Value *> inputs(node->inputs().begin(), node->inputs().begin() + 6);
    inputs.push_back(node->input(convolution.groups));
    Node *other = graph.insertNode(graph.create(c10::Symbol::fromQualString("upscale_farm::convolution"), inputs));
    node->output()->replaceAllUsesWith(other->output());
}

int32_t replaceIn(torch::jit::Block *block, bool own) {
    int32_t ours = 0;
    for (Node *node : block->nodes()) {
        for (torch::jit::Block *inner : node->blocks()) ours += replaceIn(inner, own);
        const auto convolution = Convolution::of(node, at::kFloat);
        if (!convolution) continue;
        const bool isOurs = own && convolution->isPlain();
        isOurs ? replaceByOurs(*convolution) : replaceByOneDNN(*convolution);
        ours += isOurs;
    }
    return ours;
}

}  // namespace

int32_t ct::replaceConvolutions(torch::jit::Module &network, bool own) {
    auto graph = network.get_method("forward").graph();
    torch::jit::ConstantPropagation(graph);
    const int32_t ours = replaceIn(graph->block(), own);
    torch::jit::EliminateDeadCode(graph);
    return ours;
}
