#include "Concatenation.h"

#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include <algorithm>

#include "Graph.h"

namespace {

using torch::jit::AliasDb;
using torch::jit::Node;
using torch::jit::Value;

bool isList(const Node *node) { return node->kind() == c10::prim::ListConstruct; }

/// Whether `value` is what channels were concatenated to, for one use only, and nothing of it is written to.
bool isConcatenated(const Value *value, const AliasDb &aliases) {
    const Node *node = value->node();
    if (!ct::isCalled(node, "aten::cat") || ct::number(node->input(1)) != 1 || value->uses().size() != 1) return false;
    const Value *list = node->input(0);
    if (!isList(list->node()) || aliases.hasWriters(value) || aliases.hasWriters(list)) return false;
    const auto parts = list->node()->inputs();
    return std::none_of(parts.begin(), parts.end(), [&](const Value *part) { return aliases.hasWriters(part); });
}

int32_t takeApart(torch::jit::Block *block, const AliasDb &aliases) {
    int32_t count = 0;
    for (Node *node : block->nodes()) {
        for (torch::jit::Block *inner : node->blocks()) count += takeApart(inner, aliases);
        if (!ct::isCalled(node, "upscale_farm::conv3x3") && !ct::isCalled(node, "upscale_farm::device_dense3x3")) continue;
        const Node *const pictures = node->input(0)->node();
        if (!isList(pictures) || pictures->inputs().size() != 1 || !isConcatenated(pictures->input(0), aliases)) continue;
        node->replaceInput(0, pictures->input(0)->node()->input(0));
        ++count;
    }
    return count;
}

}  // namespace

int32_t ct::takeApartConcatenations(torch::jit::Module &network) {
    auto graph = network.get_method("forward").graph();
    const int32_t count = takeApart(graph->block(), AliasDb(graph));
    torch::jit::EliminateDeadCode(graph);
    return count;
}
