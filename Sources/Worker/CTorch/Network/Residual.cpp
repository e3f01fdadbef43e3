#include "Residual.h"

#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include <algorithm>

#include "Graph.h"

namespace {

using torch::jit::AliasDb;
using torch::jit::Node;
using torch::jit::Use;
using torch::jit::Value;

constexpr size_t picturesInput = 0, basesInput = 5, factorsInput = 6, mostBases = 2;

/// Its only use, in the same block: in a loop it may be done more than once.
std::optional<Use> onlyUse(const Node *node) {
    const auto &uses = node->output()->uses();
    if (uses.size() != 1 || uses[0].user->owningBlock() != node->owningBlock()) return std::nullopt;
    return uses[0];
}

/// `result * factor + base` behind a convolution.
struct Sum {
    Node *convolution, *node;
    /// Of the base among the sum's inputs.
    size_t place;
    double factor;

    static std::optional<Sum> behind(Node *convolution, const AliasDb &aliases) {
        auto use = onlyUse(convolution);
        double factor = 1;
        if (use && ct::isCalled(use->user, "aten::mul")) {
            const auto known = ct::scalar(use->user->input(1 - use->offset));
            if (!known) return std::nullopt;
            factor = *known;
            use = onlyUse(use->user);
        }
        if (!use || !ct::isCalled(use->user, "aten::add") || use->user->inputs().size() != 3 || use->offset > 1) return std::nullopt;
        const auto alpha = ct::scalar(use->user->input(2));
        // It is the second summand's.
        if (!alpha || (use->offset == 0 && *alpha != 1)) return std::nullopt;
        const Value *const base = use->user->input(1 - use->offset);
        if (!base->type()->isSubtypeOf(*c10::TensorType::get()) || !mayWait(convolution, base, aliases)) return std::nullopt;
        return Sum{convolution, use->user, 1 - use->offset, factor * *alpha};
    }

    /// Whether a convolution can be done where the sum is: nothing of what it reads may have been written to in between.
    static bool mayWait(const Node *convolution, const Value *base, const AliasDb &aliases) {
        const Value *const pictures = convolution->input(picturesInput);
        if (aliases.hasWriters(base) || aliases.hasWriters(pictures)) return false;
        const auto parts = pictures->node()->inputs();
        return std::none_of(parts.begin(), parts.end(), [&](const Value *part) { return aliases.hasWriters(part); });
    }

    void fuse() const {
        auto &graph = *node->owningGraph();
        const torch::jit::WithInsertPoint here(node);
        std::vector<Value *> inputs(convolution->inputs().begin(), convolution->inputs().end());
        auto bases = inputs[basesInput]->node()->inputs().vec();
        auto factors = torch::jit::toIValue(inputs[factorsInput])->toDoubleVector();
        bases.push_back(node->input(place));
        factors.push_back(factor);
        inputs[basesInput] = graph.insertNode(graph.createList(c10::TensorType::get(), bases))->output();
        inputs[factorsInput] = graph.insertConstant(factors);
        Node *const ours = graph.insertNode(graph.create(convolution->kind(), inputs));
        node->output()->replaceAllUsesWith(ours->output());
        // Until they are gone the convolution would be found again.
        Node *const user = convolution->output()->uses()[0].user, *const product = user == node ? nullptr : user;
        node->destroy();
        if (product) product->destroy();
        convolution->destroy();
    }
};

void find(torch::jit::Block *block, const AliasDb &aliases, std::vector<Sum> &found) {
    for (Node *node : block->nodes()) {
        for (torch::jit::Block *inner : node->blocks()) find(inner, aliases, found);
        if (!ct::isCalled(node, "upscale_farm::device_dense3x3") || node->input(basesInput)->node()->inputs().size() == mostBases) continue;
        const auto sum = Sum::behind(node, aliases);
        // Of two convolutions one takes the other.
        const auto isTaken = [&](const Sum &other) { return other.node == sum->node; };
        if (sum && std::none_of(found.begin(), found.end(), isTaken)) found.push_back(*sum);
    }
}

}  // namespace

int32_t ct::fuseResidualSums(torch::jit::Module &network) {
    auto graph = network.get_method("forward").graph();
    int32_t count = 0;
    // A sum may follow another.
    for (std::vector<Sum> found;; found.clear()) {
        find(graph->block(), AliasDb(graph), found);
        for (const auto &sum : found) sum.fuse();
        count += int32_t(found.size());
        if (found.empty()) break;
    }
    torch::jit::EliminateDeadCode(graph);
    return count;
}
