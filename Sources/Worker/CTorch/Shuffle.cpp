#include "Shuffle.h"

#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/library.h>

#include "Graph.h"
#include "Rows.h"

namespace {

using torch::jit::Node;
using torch::jit::Value;

/// A line of the result: of every `step` values the first `factor`, and to each its base, if there is one.
/// - fixed: the factor where it is known when this is compiled, or 0.
template <int64_t fixed>
void fill(float *to, const float *from, int64_t step, const float *base, int64_t pixels, int64_t factor) {
    if (fixed > 0) factor = fixed;
    for (int64_t x = 0; x < pixels; ++x, from += step, to += factor) {
        if (base) {
            for (int64_t k = 0; k < factor; ++k) to[k] = from[k] + base[x];
        } else {
            for (int64_t k = 0; k < factor; ++k) to[k] = from[k];
        }
    }
}

auto filling(int64_t factor) { return factor == 2 ? fill<2> : factor == 3 ? fill<3> : factor == 4 ? fill<4> : fill<0>; }

/// - input: [N, C·factor², H, W]; base: [N, C, H, W]. Result: [N, C, factor·H, factor·W], its planes one after the other.
at::Tensor shuffled(const at::Tensor &input, int64_t factor, const c10::optional<at::Tensor> &base) {
    TORCH_CHECK(
        input.dim() == 4 && factor > 0 && input.size(1) % (factor * factor) == 0 && input.scalar_type() == at::kFloat,
        "a shuffle by ", factor, " takes [N, C, H, W] of floats, with as many channels for each result");
    const int64_t n = input.size(0), step = input.size(1), height = input.size(2), width = input.size(3);
    const int64_t channels = step / (factor * factor);
    TORCH_CHECK(
        !base || (base->sizes() == at::IntArrayRef{n, channels, height, width} && base->scalar_type() == at::kFloat),
        "what is added to a shuffle is not of its size");
    const auto source = input.contiguous(at::MemoryFormat::ChannelsLast);
    const auto below = base ? base->contiguous() : at::Tensor();
    auto result = at::empty({n, channels, height * factor, width * factor}, input.options(), at::MemoryFormat::Contiguous);
    const auto line = filling(factor);
    const float *const values = source.data_ptr<float>(), *const added = base ? below.data_ptr<float>() : nullptr;
    float *const planes = result.data_ptr<float>();
    ct::eachRow(n * height, [&](int64_t first, int64_t end) {
        for (int64_t row = first; row < end; ++row)
            for (int64_t c = 0; c < channels; ++c) {
                const int64_t place = (row / height * channels + c) * height + row % height;
                for (int64_t k = 0; k < factor; ++k)
                    line(
                        planes + (place * factor + k) * width * factor,
                        values + row * width * step + (c * factor + k) * factor, step,
                        added ? added + place * width : nullptr, width, factor);
            }
    });
    return result;
}

TORCH_LIBRARY_FRAGMENT(upscale_farm, library) {
    library.def("shuffled(Tensor input, int factor, Tensor? base) -> Tensor");
}

TORCH_LIBRARY_IMPL(upscale_farm, CPU, library) { library.impl("shuffled", shuffled); }

/// Whether this is a convolution of ours with so many results.
bool makes(int64_t channels, const Node *node) {
    return ct::isCalled(node, "upscale_farm::conv3x3") && ct::number(node->input(4)) == channels;
}

/// A shuffle, and the sum and the enlargement that can be fused with it.
struct Shuffle {
    Node *node = nullptr, *sum = nullptr;
    Value *base = nullptr;
    int64_t factor = 0;

    static std::optional<Shuffle> of(Node *node, const torch::jit::AliasDb &aliases) {
        if (!ct::isCalled(node, "aten::pixel_shuffle")) return std::nullopt;
        const auto factor = ct::number(node->input(1));
        if (!factor || *factor < 1 || !makes(3 * *factor * *factor, node->input(0)->node())) return std::nullopt;
        Shuffle found{node, nullptr, nullptr, *factor};
        if (!aliases.hasWriters(node->input(0))) found.lookForSum(aliases);
        return found;
    }

    /// What is written to in place is read where it was.
    void lookForSum(const torch::jit::AliasDb &aliases) {
        const auto &uses = node->output()->uses();
        if (uses.size() != 1) return;
        Node *user = uses[0].user;
        if (!ct::isCalled(user, "aten::add") || user->inputs().size() != 3 || user->owningBlock() != node->owningBlock()
            || torch::jit::toIValue(user->input(2)) != c10::IValue(int64_t(1)))
            return;
        const Node *other = user->input(1 - uses[0].offset)->node();
        const auto isEnlargedAlike = [&] {
            if (!ct::isCalled(other, "aten::upsample_nearest2d") || other->inputs().size() != 3) return false;
            const auto size = torch::jit::toIValue(other->input(1)), scale = torch::jit::toIValue(other->input(2));
            return size && size->isNone() && scale && scale->isDoubleList()
                && scale->toDoubleVector() == std::vector<double>(2, double(factor));
        };
        if (!isEnlargedAlike() || aliases.hasWriters(other->input(0))) return;
        sum = user;
        base = other->input(0);
    }
};

void replace(const Shuffle &shuffle) {
    auto &graph = *shuffle.node->owningGraph();
    // The sum's other side may come behind the shuffle.
    Node *last = shuffle.sum ? shuffle.sum : shuffle.node;
    const torch::jit::WithInsertPoint here(last);
    Value *base = shuffle.base ? shuffle.base : graph.insertConstant(c10::IValue());
    Node *ours = graph.insertNode(graph.create(
        c10::Symbol::fromQualString("upscale_farm::shuffled"),
        {shuffle.node->input(0), shuffle.node->input(1), base}));
    last->output()->replaceAllUsesWith(ours->output());
}

void replaceIn(torch::jit::Block *block, const torch::jit::AliasDb &aliases) {
    for (Node *node : block->nodes()) {
        for (torch::jit::Block *inner : node->blocks()) replaceIn(inner, aliases);
        if (const auto shuffle = Shuffle::of(node, aliases)) replace(*shuffle);
    }
}

}  // namespace

void ct::replaceShuffles(torch::jit::Module &network) {
    auto graph = network.get_method("forward").graph();
    const torch::jit::AliasDb aliases(graph);
    replaceIn(graph->block(), aliases);
    torch::jit::EliminateDeadCode(graph);
}
