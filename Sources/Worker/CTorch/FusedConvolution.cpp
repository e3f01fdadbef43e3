#include "FusedConvolution.h"

#include <ATen/Parallel.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/library.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>

#include "Convolution.h"
#include "Errors.h"
#include "Rows.h"

namespace {

thread_local ct::Multiplications *counted = nullptr;

/// Memory that a thread keeps: to take and clear it for every layer would cost more than many a layer.
float *scratch(size_t count) {
    struct Free {
        void operator()(float *memory) const { std::free(memory); }
    };
    static thread_local std::unique_ptr<float, Free> memory;
    static thread_local size_t size = 0;
    if (size < count) {
        memory.reset();
        size = 0;
        const size_t bytes = (count * sizeof(float) + 63) / 64 * 64;
        memory.reset(static_cast<float *>(std::aligned_alloc(64, bytes)));
        if (!memory) ct::fail("not enough memory: a convolution cannot have " + std::to_string(bytes) + " bytes");
        size = count;
    }
    return memory.get();
}

/// On libtorch's threads.
void run(const ct::ConvolutionKernel &kernel, const ct::ConvolutionTask &task) {
    std::atomic<int64_t> next{0};
    ct::eachRow(at::get_num_threads(), [&](int64_t, int64_t) { kernel.run(task, next, scratch(kernel.scratch(task))); });
}

/// - weights: as `ct::packed` gives them.
/// - bias, slope: filled up to whole vectors.
at::Tensor conv3x3(
    const at::Tensor &input, const at::Tensor &weights, const at::Tensor &bias, const at::Tensor &slope,
    int64_t channels) {
    // The operator can be named in any TorchScript file, and a faulty network may give other channels than its weights are for.
    TORCH_CHECK(input.dim() == 4 && input.scalar_type() == at::kFloat, "a convolution takes [N, C, H, W] of floats");
    const auto &kernel = ct::convolutionKernel();
    const int64_t columns = ct::filled(kernel, channels), matrices = ct::isDirect(input.size(1)) ? 9 : 64;
    TORCH_CHECK(
        channels > 0 && input.size(1) > 0 && weights.numel() == matrices * input.size(1) * columns
            && bias.numel() == columns && slope.numel() == columns,
        "a convolution's weights do not fit its input of ", input.size(1), " channels");
    for (const auto &values : {weights, bias, slope})
        TORCH_CHECK(values.is_contiguous() && values.scalar_type() == at::kFloat, "a convolution's weights are no floats");
    const auto source = input.contiguous(at::MemoryFormat::ChannelsLast);
    const int64_t n = source.size(0), in = source.size(1), height = source.size(2), width = source.size(3);
    auto result = at::empty({n, channels, height, width}, source.options(), at::MemoryFormat::ChannelsLast);
    const ct::ConvolutionTask task{
        source.data_ptr<float>(), result.data_ptr<float>(), weights.data_ptr<float>(), bias.data_ptr<float>(),
        slope.data_ptr<float>(), n, height, width, in, channels};
    run(kernel, task);
    if (counted) counted->own += 9.0 * double(in) * double(result.numel());
    return result;
}

at::Tensor otherConvolution(
    const at::Tensor &input, const at::Tensor &weight, const c10::optional<at::Tensor> &bias, at::IntArrayRef stride,
    at::IntArrayRef padding, at::IntArrayRef dilation, int64_t groups) {
    const auto result = at::mkldnn_convolution(input, weight, bias, padding, stride, dilation, groups);
    if (counted) counted->others += double(weight.numel()) / double(weight.size(0)) * double(result.numel());
    return result;
}

TORCH_LIBRARY(upscale_farm, library) {
    library.def("conv3x3(Tensor input, Tensor weights, Tensor bias, Tensor slope, int channels) -> Tensor");
    library.def(
        "convolution(Tensor input, Tensor weight, Tensor? bias, int[] stride, int[] padding, int[] dilation, int groups) "
        "-> Tensor");
}

TORCH_LIBRARY_IMPL(upscale_farm, CPU, library) {
    library.impl("conv3x3", conv3x3);
    library.impl("convolution", otherConvolution);
}

using torch::jit::Node;
using torch::jit::Value;

bool isCalled(const Node *node, const char *name) { return node->kind() == c10::Symbol::fromQualString(name); }

bool isAll(const Value *value, std::initializer_list<int64_t> expected) {
    const auto constant = torch::jit::toIValue(value);
    return constant && constant->isIntList() && constant->toIntVector() == std::vector<int64_t>(expected);
}

/// Known, and a number for each axis: not a word such as "same".
bool isPair(const Value *value) {
    const auto constant = torch::jit::toIValue(value);
    return constant && constant->isIntList() && constant->toIntVector().size() == 2;
}

std::optional<at::Tensor> tensor(const Value *value) {
    const auto constant = torch::jit::toIValue(value);
    if (!constant || !constant->isTensor()) return std::nullopt;
    return constant->toTensor();
}

/// A convolution of a scripted network, or of a traced one.
struct Convolution {
    Node *node;
    size_t groups;

    /// Nothing where it is none, or one that no operator of ours can stand for.
    static std::optional<Convolution> of(Node *node) {
        const bool isTraced = isCalled(node, "aten::_convolution");
        if (!isTraced && !isCalled(node, "aten::conv2d")) return std::nullopt;
        if (isTraced && torch::jit::toIValue(node->input(6)) != c10::IValue(false)) return std::nullopt;
        for (size_t i = 3; i <= 5; ++i)
            if (!isPair(node->input(i))) return std::nullopt;
        const auto weight = tensor(node->input(1));
        if (!weight || weight->dim() != 4 || weight->scalar_type() != at::kFloat) return std::nullopt;
        return Convolution{node, isTraced ? size_t(8) : size_t(6)};
    }

    bool isOurs() const {
        const auto weight = *tensor(node->input(1));
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
        if (isCalled(user, "aten::relu") || isCalled(user, "aten::relu_")) return {user, at::zeros({channels})};
        if (isCalled(user, "aten::leaky_relu") || isCalled(user, "aten::leaky_relu_")) {
            const auto slope = torch::jit::toIValue(user->input(1));
            if (!slope || !slope->isScalar()) return {};
            return {user, at::full({channels}, slope->toScalar().toDouble(), at::kFloat)};
        }
        if (!isCalled(user, "aten::prelu")) return {};
        const auto slope = tensor(user->input(1));
        const bool fits = slope && slope->scalar_type() == at::kFloat && (slope->numel() == 1 || slope->numel() == channels);
        return fits ? Activation{user, slope->flatten().expand({channels})} : Activation{};
    }
};

at::Tensor filledUp(const at::Tensor &values, const ct::ConvolutionKernel &kernel = ct::convolutionKernel()) {
    auto result = at::zeros({ct::filled(kernel, values.numel())});
    result.narrow(0, 0, values.numel()).copy_(values);
    return result;
}

void replaceByOurs(const Convolution &convolution) {
    Node *node = convolution.node;
    auto &graph = *node->owningGraph();
    const auto weight = tensor(node->input(1))->contiguous();
    const int64_t channels = weight.size(0);
    const auto bias = tensor(node->input(2)).value_or(at::zeros({channels}));
    auto activation = Activation::of(node->output(), channels);
    if (!activation.node) activation.slope = at::ones({channels});
    const auto packed = ct::packed(ct::convolutionKernel(), weight.data_ptr<float>(), weight.size(1), channels);
    const torch::jit::WithInsertPoint here(node);
    Node *ours = graph.insertNode(graph.create(
        c10::Symbol::fromQualString("upscale_farm::conv3x3"),
        {node->input(0), graph.insertConstant(at::tensor(packed)), graph.insertConstant(filledUp(bias)),
         graph.insertConstant(filledUp(activation.slope)), graph.insertConstant(channels)}));
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

ct::Counting::Counting(Multiplications &to) : before(counted) { counted = &to; }
ct::Counting::~Counting() { counted = before; }

int32_t ct::replaceConvolutions(torch::jit::Module &network, bool own) {
    auto graph = network.get_method("forward").graph();
    torch::jit::ConstantPropagation(graph);
    const int32_t ours = replaceIn(graph->block(), own);
    torch::jit::EliminateDeadCode(graph);
    return ours;
}

const char *ct_kernel(void) noexcept { return ct::convolutionKernel().name; }

ct_status ct_convolve(
    const char *name, int32_t width, int32_t height, int32_t in, int32_t out, const float *input,
    const float *weights, const float *bias, const float *slope, float *output, int32_t threads, char *error,
    size_t capacity) noexcept {
    return ct::guarded(error, capacity, [&] {
        const auto &kernels = ct::convolutionKernels();
        const auto found = std::find_if(
            kernels.begin(), kernels.end(), [&](const auto *kernel) { return std::string(kernel->name) == name; });
        if (found == kernels.end()) ct::fail(std::string("this processor cannot run the kernels called ") + name);
        const c10::InferenceMode inference;
        at::set_num_threads(threads);
        const auto whole = [&](const float *values) {
            return filledUp(at::from_blob(const_cast<float *>(values), {out}), **found);
        };
        const auto packed = ct::packed(**found, weights, in, out);
        const auto added = whole(bias), factors = whole(slope);
        run(**found, {input, output, packed.data(), added.data_ptr<float>(), factors.data_ptr<float>(), 1, height,
                      width, in, out});
    });
}
