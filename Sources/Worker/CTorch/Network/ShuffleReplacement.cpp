#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include <vector>

#include "Graph.h"
#include "Shuffle.h"

namespace {

using torch::jit::AliasDb;
using torch::jit::Node;
using torch::jit::Value;

/// Whether this is a convolution of ours with so many results.
bool makes(int64_t channels, const Node *node) {
    const bool isOurs = ct::isCalled(node, "upscale_farm::conv3x3") || ct::isCalled(node, "upscale_farm::device_conv3x3")
        || ct::isCalled(node, "upscale_farm::device_dense3x3");
    return isOurs && ct::number(node->input(4)) == channels;
}

/// Nearest-neighbour, by `factor` along both axes.
bool isEnlargement(const Node *node, int64_t factor) {
    if (!ct::isCalled(node, "aten::upsample_nearest2d") || node->inputs().size() != 3) return false;
    const auto size = torch::jit::toIValue(node->input(1)), scale = torch::jit::toIValue(node->input(2));
    return size && size->isNone() && scale && scale->isDoubleList()
        && scale->toDoubleVector() == std::vector<double>(2, double(factor));
}

/// A shuffle, and the sum and the enlargement that can be fused with it.
struct Shuffle {
    Node *node, *sum = nullptr, *enlargement = nullptr;

    explicit Shuffle(Node *node) : node(node) {}

    static bool isOne(const Node *node) {
        if (!ct::isCalled(node, "aten::pixel_shuffle")) return false;
        const auto factor = ct::number(node->input(1));
        return factor && *factor > 0 && makes(3 * *factor * *factor, node->input(0)->node());
    }

    void lookForSum(const AliasDb &aliases) {
        const auto &uses = node->output()->uses();
        if (uses.size() != 1) return;
        Node *user = uses[0].user;
        if (!ct::isCalled(user, "aten::add") || user->inputs().size() != 3 || user->owningBlock() != node->owningBlock()
            || torch::jit::toIValue(user->input(2)) != c10::IValue(int64_t(1)))
            return;
        Node *const other = user->input(1 - uses[0].offset)->node();
        if (!isEnlargement(other, *ct::number(node->input(1)))) return;
        // The sum reads what is there when its turn comes: nothing of it may have been written to in between.
        for (const Value *value : {node->input(0), other->input(0), other->output()})
            if (aliases.hasWriters(value)) return;
        sum = user;
        enlargement = other;
    }

    /// The sum's other side may come behind the shuffle.
    Node *last() const { return sum ? sum : node; }
};

void find(torch::jit::Block *block, const AliasDb &aliases, std::vector<Shuffle> &found) {
    for (Node *node : block->nodes()) {
        for (torch::jit::Block *inner : node->blocks()) find(inner, aliases, found);
        if (!Shuffle::isOne(node)) continue;
        found.emplace_back(node);
        found.back().lookForSum(aliases);
    }
}

void replace(const Shuffle &shuffle) {
    Node *const last = shuffle.last();
    auto &graph = *last->owningGraph();
    const torch::jit::WithInsertPoint here(last);
    Value *const base = shuffle.enlargement ? shuffle.enlargement->input(0) : graph.insertConstant(c10::IValue());
    Node *const ours = graph.insertNode(graph.create(
        c10::Symbol::fromQualString("upscale_farm::shuffled"), {shuffle.node->input(0), shuffle.node->input(1), base}));
    last->output()->replaceAllUsesWith(ours->output());
}

}  // namespace

int32_t ct::replaceShuffles(torch::jit::Module &network) {
    auto graph = network.get_method("forward").graph();
    std::vector<Shuffle> found;
    // All are found first: what is known of writers is so of the graph as it was.
    find(graph->block(), AliasDb(graph), found);
    int32_t count = 0;
    for (const auto &shuffle : found) {
        replace(shuffle);
        count += shuffle.sum ? 2 : 1;
    }
    torch::jit::EliminateDeadCode(graph);
    return count;
}

int64_t ct::leaveLastShuffle(torch::jit::Module &network) {
    auto graph = network.get_method("forward").graph();
    if (graph->outputs().size() != 1) return 0;
    Value *const result = graph->outputs()[0];
    Node *const last = result->node();
    if (!isCalled(last, "upscale_farm::shuffled") || last->owningBlock() != graph->block()) return 0;
    // What is written to it once it is made would be lost.
    if (result->uses().size() != 1) return 0;
    const auto factor = number(last->input(1));
    const bool isAdded = last->input(2)->type()->isSubtypeOf(*c10::TensorType::get());
    if (!factor || *factor < 1 || !isAdded) return 0;
    Node *const both = graph->insertNode(graph->createTuple({last->input(0), last->input(2)}));
    graph->eraseOutput(0);
    graph->registerOutput(both->output());
    torch::jit::EliminateDeadCode(graph);
    return *factor;
}
