#include "Replacement.h"

#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include "FusedConvolution.h"
#include "Graph.h"

namespace {

using torch::jit::Node;
using torch::jit::Value;

bool isAll(const Value *value, std::initializer_list<int64_t> expected) {
    return ct::numbers(value) == std::vector<int64_t>(expected);
}

/// Known, and a number for each axis: not a word such as "same".
bool isPair(const Value *value) {
    const auto known = ct::numbers(value);
    return known && known->size() == 2;
}

/// A convolution of a scripted network, or of a traced one.
struct Convolution {
    Node *node;
    size_t groups;

    /// Nothing where it is none, or one that no operator of ours can stand for.
    static std::optional<Convolution> of(Node *node) {
        const bool isTraced = ct::isCalled(node, "aten::_convolution");
        if (!isTraced && !ct::isCalled(node, "aten::conv2d")) return std::nullopt;
        if (isTraced && torch::jit::toIValue(node->input(6)) != c10::IValue(false)) return std::nullopt;
        for (size_t i = 3; i <= 5; ++i)
            if (!isPair(node->input(i))) return std::nullopt;
        const auto weight = ct::tensor(node->input(1));
        if (!weight || weight->dim() != 4 || weight->scalar_type() != at::kFloat) return std::nullopt;
        return Convolution{node, isTraced ? size_t(8) : size_t(6)};
    }

    bool isOurs() const {
        const auto weight = *ct::tensor(node->input(1));
        return weight.size(2) == 3 && weight.size(3) == 3 && torch::jit::toIValue(node->input(2))
            && isAll(node->input(3), {1, 1}) && isAll(node->input(4), {1, 1}) && isAll(node->input(5), {1, 1})
            && torch::jit::toIValue(node->input(groups)) == c10::IValue(int64_t(1));
    }
};

/// What negative results are multiplied by, where the one use of `value` is an activation that can be fused.
struct Activation {
    Node *node = nullptr;
    at::Tensor slope;

    static Activation of(const Value *value, int64_t channels) {
        if (value->uses().size() != 1) return {};
        Node *user = value->uses()[0].user;
        // In a loop it may be done more than once.
        if (user->owningBlock() != value->node()->owningBlock()) return {};
        if (ct::isCalled(user, "aten::relu") || ct::isCalled(user, "aten::relu_")) return {user, at::zeros({channels})};
        if (ct::isCalled(user, "aten::leaky_relu") || ct::isCalled(user, "aten::leaky_relu_")) {
            const auto slope = torch::jit::toIValue(user->input(1));
            if (!slope || !slope->isScalar()) return {};
            return {user, at::full({channels}, slope->toScalar().toDouble(), at::kFloat)};
        }
        if (!ct::isCalled(user, "aten::prelu")) return {};
        const auto slope = ct::tensor(user->input(1));
        const bool fits = slope && slope->scalar_type() == at::kFloat && (slope->numel() == 1 || slope->numel() == channels);
        return fits ? Activation{user, slope->flatten().expand({channels})} : Activation{};
    }
};

void replaceByOurs(const Convolution &convolution) {
    Node *node = convolution.node;
    auto &graph = *node->owningGraph();
    const auto weight = ct::tensor(node->input(1))->contiguous();
    const int64_t channels = weight.size(0);
    const auto bias = ct::tensor(node->input(2)).value_or(at::zeros({channels}));
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
        const auto convolution = Convolution::of(node);
        if (!convolution) continue;
        const bool isOurs = own && convolution->isOurs();
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
