// Loading networks and calling them.
#include "Model.h"

#include <ATen/Context.h>
#include <c10/core/InferenceMode.h>
#include <caffe2/serialize/inline_container.h>
#include <torch/csrc/jit/passes/tensorexpr_fuser.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <cstdlib>
#include <cstring>
#include <sstream>

#include "Concatenation.h"
#include "DeviceReplacement.h"
#include "Errors.h"
#include "FusedConvolution.h"
#include "Replacement.h"
#include "Residual.h"
#include "Rows.h"
#include "Shuffle.h"
#include "Trial.h"
#include "Streams.h"

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

/// - factor: of the shuffle that `leaveLastShuffle` left, or 0.
ct::Enlarged made(const c10::IValue &value, int64_t factor) {
    if (factor == 0) return {tensorOf(value), {}};
    const auto &both = value.toTupleRef().elements();
    const ct::Enlarged result{both[0].toTensor(), both[1].toTensor(), factor};
    // What does not fit is put together as libtorch does it.
    return result.isWhole() ? result : ct::Enlarged{result.pictures(), {}};
}

}  // namespace

void ct_model::load(const char *path, bool isOwn) {
    this->path = path;
    auto given = torch::jit::load(path, at::Device(at::kCPU));
    if (!given.find_method("forward")) ct::fail("it has no forward method");
    given.eval();
    given.to(device, type);
    orderChannelsLast(given);
    auto frozen = torch::jit::freeze(given);
    if (device.is_cpu()) own = ct::replaceConvolutions(frozen, isOwn);
    else if (isOwn && type == at::kHalf) onDevice = ct::replaceDeviceConvolutions(frozen, device);
    if (onDevice > 0) ct::fuseResidualSums(frozen);
    if (own > 0 || onDevice > 0) {
        apart = ct::takeApartConcatenations(frozen);
        shuffles = ct::replaceShuffles(frozen);
        shuffle = ct::leaveLastShuffle(frozen);
    }
    network = std::make_unique<torch::jit::Module>(std::move(frozen));
}

ct::Enlarged ct_model::enlarged(const at::Tensor &input) {
    if (!network) return {enlarge(input.contiguous(), scale), {}};
    // Our first convolution on a device reads planes.
    const bool isLast = input.dim() == 4 && onDevice == 0;
    const auto order = isLast ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
    const auto typed = input.to(input.options().dtype(type), false, false, order);
    const auto result = made(network->forward({typed}), shuffle);
    const std::vector<int64_t> expected = {
        input.size(0), 3, input.size(-2) * scale, input.size(-1) * scale};
    if (result.sizes() != expected)
        ct::fail("output shape is " + shapeText(result.sizes()) + ", not " + shapeText(expected));
    return result;
}

at::Tensor ct_model::ramp(int64_t batch, int64_t width, int64_t height, double low, double high) const {
    std::vector<int64_t> shape = {batch, 3, height, width};
    if (window > 1) shape.insert(shape.begin() + 1, window);
    const auto options = at::TensorOptions().dtype(at::kFloat).device(device);
    return at::linspace(low, high, c10::multiply_integers(shape), options).view(shape);
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
    const char *path, int32_t scale, int32_t window, const char *device, int32_t half, int32_t own_kernels,
    ct_model **model, char *error, size_t capacity) noexcept {
    return ct::guarded(error, capacity, [&] {
        fixArithmetic();
        const at::Device on{std::string(device)};
        if (half && on.is_cpu()) ct::fail("fp16 needs a CUDA device; use fp32 on the CPU");
        const bool reduced = half && path != nullptr;  // nearest copies, and must copy exactly
        const auto make = [&] { return std::make_unique<ct_model>(scale, window, on, reduced ? at::kHalf : at::kFloat); };
        auto made = make();
        if (path != nullptr) made->load(path, own_kernels != 0);
        if (made->onDevice > 0) {
            const auto problem = ct::problemOnDevice(*made, path);
            if (!problem.empty()) {
                made = make();
                made->load(path, false);
                made->problem = problem;
            }
        }
        // Calls come on streams of their own.
        if (!on.is_cpu()) ct::defaultStream(on).synchronize();
        *model = made.release();
    });
}

void ct_model_close(ct_model *model) noexcept { delete model; }

int32_t ct_model_own_convolutions(const ct_model *model) noexcept { return model->own; }
const char *ct_model_kernels_problem(const ct_model *model) noexcept { return model->problem.c_str(); }
int32_t ct_model_device_convolutions(const ct_model *model) noexcept { return model->onDevice; }
int32_t ct_model_own_concatenations(const ct_model *model) noexcept { return model->apart; }
int32_t ct_model_own_shuffles(const ct_model *model) noexcept { return model->shuffles; }
int32_t ct_model_left_shuffle(const ct_model *model) noexcept { return int32_t(model->shuffle); }

ct_status ct_model_run(
    ct_model *model, int32_t batch, int32_t width, int32_t height, double low, double high, int32_t threads,
    int32_t *finite, double *own_share, char *error, size_t capacity) noexcept {
    return ct::guarded(error, capacity, [&] {
        const c10::InferenceMode inference;
        ct::useThreads(threads);
        const auto ramp = model->ramp(batch, width, height, low, high);
        ct::Multiplications multiplications;
        const ct::Counting counting(multiplications);
        const auto output = model->run(ramp);
        const double all = multiplications.own + multiplications.others;
        *own_share = all > 0 ? multiplications.own / all : 0;
        *finite = std::isfinite(output.sum(at::kFloat).item<float>());
    });
}

ct_status ct_model_evaluate(
    ct_model *model, int32_t width, int32_t height, const float *input, float *output, int32_t threads, char *error,
    size_t capacity) noexcept {
    return ct::guarded(error, capacity, [&] {
        if (model->window > 1) ct::fail("the network sees " + std::to_string(model->window) + " pictures");
        const c10::InferenceMode inference;
        ct::useThreads(threads);
        const auto picture = at::from_blob(const_cast<float *>(input), {1, 3, height, width}).to(model->device);
        const auto made = model->run(picture).to(at::kCPU, at::kFloat).contiguous();
        std::memcpy(output, made.data_ptr<float>(), made.nbytes());
    });
}
