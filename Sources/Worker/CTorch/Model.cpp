// Loading networks and calling them.
#include "Model.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/ir/subgraph_matcher.h>
#include <torch/csrc/jit/passes/subgraph_rewrite.h>
#include <torch/csrc/jit/passes/tensorexpr_fuser.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <cstdlib>
#include <cstring>
#include <sstream>

#include "Errors.h"

namespace {

/// The same frame must give the same bits in its first call and its thousandth, on any worker: no kernels chosen by
/// timing, none fused after a profiling run, no TF32 where fp32 was asked for.
void fixArithmetic() {
    torch::jit::getProfilingMode() = false;
    torch::jit::setTensorExprFuserEnabled(false);
    auto &context = at::globalContext();
    context.setBenchmarkCuDNN(false);
    context.setDeterministicCuDNN(true);
    context.setAllowTF32CuDNN(false);
    context.setAllowTF32CuBLAS(false);
}

/// Convolution weights in channels-last order, which the activations then follow: measured, 5 to 40 % faster than
/// optimize_for_inference on the CPU, with the same bits; and what tensor cores want.
void orderChannelsLast(torch::jit::Module &network) {
    for (at::Tensor parameter : network.parameters())
        if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
}

/// libtorch picks a plain convolution for some small inputs and oneDNN's for others; the two round differently, and a
/// picture would depend on its tile and batch. oneDNN's alone gave the same bits for every size and batch tried.
void alwaysUseOneDNN(torch::jit::Module &network) {
    torch::jit::SubgraphRewriter rewriter;
    rewriter.RegisterRewritePattern(
        R"(graph(%input, %weight, %bias, %stride, %padding, %dilation, %groups):
            %result = aten::conv2d(%input, %weight, %bias, %stride, %padding, %dilation, %groups)
            return (%result))",
        R"(graph(%input, %weight, %bias, %stride, %padding, %dilation, %groups):
            %result = aten::mkldnn_convolution(%input, %weight, %bias, %padding, %stride, %dilation, %groups)
            return (%result))");
    auto graph = network.get_method("forward").graph();
    // The padding may also be a word such as "same", which only conv2d understands.
    rewriter.runOnGraph(graph, [](const torch::jit::Match &match, const auto &names) {
        return match.values_map.at(names.at("padding"))->type()->isSubtypeOf(*c10::ListType::ofInts());
    });
}

std::unique_ptr<torch::jit::Module> load(const char *path, at::Device device, at::ScalarType type) {
    auto network = torch::jit::load(path, at::Device(at::kCPU));
    if (!network.find_method("forward")) ct::fail("it has no forward method");
    network.eval();
    network.to(device, type);
    orderChannelsLast(network);
    auto frozen = torch::jit::freeze(network);
    if (device.is_cpu()) alwaysUseOneDNN(frozen);
    return std::make_unique<torch::jit::Module>(std::move(frozen));
}

/// Each pixel `scale` times along both axes, by copying only: exact at any size.
at::Tensor enlarge(const at::Tensor &input, int64_t scale) {
    if (scale == 1) return input;
    const auto n = input.size(0), c = input.size(1), h = input.size(2), w = input.size(3);
    return input.view({n, c, h, 1, w, 1}).expand({n, c, h, scale, w, scale}).reshape({n, c, h * scale, w * scale});
}

std::string shapeText(at::IntArrayRef sizes) {
    std::ostringstream text;
    for (size_t i = 0; i < sizes.size(); ++i) text << (i ? "x" : "") << sizes[i];
    return text.str();
}

at::Tensor tensorOf(const c10::IValue &value) {
    if (!value.isTensor()) ct::fail("the network gave " + value.tagKind() + ", not one tensor");
    return value.toTensor();
}

}  // namespace

at::Tensor ct_model::run(const at::Tensor &input) {
    if (!network) return enlarge(input.contiguous(), scale);
    const auto order = input.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
    const auto typed = input.to(input.options().dtype(type), false, false, order);
    auto output = tensorOf(network->forward({typed}));
    const std::vector<int64_t> expected = {
        input.size(0), 3, input.size(-2) * scale, input.size(-1) * scale};
    if (output.sizes() != at::IntArrayRef(expected))
        ct::fail("output shape is " + shapeText(output.sizes()) + ", not " + shapeText(expected));
    return output;
}

ct_status ct_read_description(const char *path, char **json, char *error, size_t capacity) noexcept {
    return ct::guarded(error, capacity, [&] {
        caffe2::serialize::PyTorchStreamReader reader{std::string(path)};
        if (!reader.hasRecord("extra/model.json")) ct::fail("it carries no model.json (see docs/models.md)");
        const auto [data, size] = reader.getRecord("extra/model.json");
        *json = static_cast<char *>(std::calloc(size + 1, 1));
        if (*json == nullptr) throw std::bad_alloc();
        std::memcpy(*json, data.get(), size);
    });
}

void ct_free(void *memory) noexcept { std::free(memory); }

ct_status ct_model_open(
    const char *path, int32_t scale, int32_t window, const char *device, int32_t half, ct_model **model,
    char *error, size_t capacity) noexcept {
    return ct::guarded(error, capacity, [&] {
        fixArithmetic();
        const at::Device on{std::string(device)};
        if (half && on.is_cpu()) ct::fail("fp16 needs a CUDA device; use fp32 on the CPU");
        const bool reduced = half && path != nullptr;  // nearest copies, and must copy exactly
        auto made = std::make_unique<ct_model>(scale, window, on, reduced ? at::kHalf : at::kFloat);
        if (path != nullptr) made->network = load(path, on, made->type);
        *model = made.release();
    });
}

void ct_model_close(ct_model *model) noexcept { delete model; }

ct_status ct_model_run(
    ct_model *model, int32_t batch, int32_t width, int32_t height, double low, double high, int32_t threads,
    int32_t *finite, char *error, size_t capacity) noexcept {
    return ct::guarded(error, capacity, [&] {
        const c10::InferenceMode inference;
        at::set_num_threads(threads);
        std::vector<int64_t> shape = {batch, 3, height, width};
        if (model->window > 1) shape.insert(shape.begin() + 1, model->window);
        const int64_t count = c10::multiply_integers(shape);
        const auto options = at::TensorOptions().dtype(at::kFloat).device(model->device);
        const auto ramp = at::linspace(low, high, count, options).view(shape);
        const auto output = model->run(ramp);
        *finite = std::isfinite(output.sum(at::kFloat).item<float>());
    });
}
