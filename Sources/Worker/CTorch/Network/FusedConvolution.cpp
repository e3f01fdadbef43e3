#include "FusedConvolution.h"

#include <ATen/Parallel.h>
#include <torch/library.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "Convolution.h"
#include "ConvolutionInputs.h"
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

/// - pictures: as if they were concatenated, which would cost a copy.
/// - weights: as `ct::packed` gives them.
/// - bias, slope: filled up to whole vectors.
at::Tensor conv3x3(
    const std::vector<at::Tensor> &pictures, const at::Tensor &weights, const at::Tensor &bias, const at::Tensor &slope,
    int64_t channels) {
    const ct::ConvolutionInputs inputs(pictures, {at::kFloat, ct::inputGranularity, pictures.size()});
    // A faulty network may give other channels than its weights are for.
    const auto &kernel = ct::convolutionKernel();
    const int64_t in = inputs.channels, columns = ct::filled(kernel, channels), matrices = ct::isDirect(in) ? 9 : 64;
    TORCH_CHECK(
        channels > 0 && in > 0 && weights.numel() == matrices * in * columns && bias.numel() == columns
            && slope.numel() == columns,
        "a convolution's weights do not fit its input of ", in, " channels");
    for (const auto &values : {weights, bias, slope})
        TORCH_CHECK(values.is_contiguous() && values.scalar_type() == at::kFloat, "a convolution's weights are no floats");
    const auto &first = inputs.tensors.front();
    const int64_t n = first.size(0), height = first.size(2), width = first.size(3);
    auto result = at::empty({n, channels, height, width}, first.options(), at::MemoryFormat::ChannelsLast);
    std::vector<ct::ConvolutionInput> parts;
    for (const auto &tensor : inputs.tensors) parts.push_back({tensor.data_ptr<float>(), tensor.size(1)});
    const ct::ConvolutionTask task{
        parts.data(), int64_t(parts.size()), result.data_ptr<float>(), weights.data_ptr<float>(),
        bias.data_ptr<float>(), slope.data_ptr<float>(), n, height, width, in, channels};
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
    library.def("conv3x3(Tensor[] pictures, Tensor weights, Tensor bias, Tensor slope, int channels) -> Tensor");
    library.def(
        "convolution(Tensor input, Tensor weight, Tensor? bias, int[] stride, int[] padding, int[] dilation, int groups) "
        "-> Tensor");
}

TORCH_LIBRARY_IMPL(upscale_farm, CPU, library) {
    library.impl("conv3x3", conv3x3);
    library.impl("convolution", otherConvolution);
}

}  // namespace

ct::Counting::Counting(Multiplications &to) : before(counted) { counted = &to; }
ct::Counting::~Counting() { counted = before; }

at::Tensor ct::filledUp(const at::Tensor &values, const ConvolutionKernel &kernel) {
    auto result = at::zeros({filled(kernel, values.numel())});
    result.narrow(0, 0, values.numel()).copy_(values);
    return result;
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
        ct::useThreads(threads);
        const auto whole = [&](const float *values) {
            return ct::filledUp(at::from_blob(const_cast<float *>(values), {out}), **found);
        };
        const auto packed = ct::packed(**found, weights, in, out);
        const auto added = whole(bias), factors = whole(slope);
        const ct::ConvolutionInput picture{input, in};
        run(**found, {&picture, 1, output, packed.data(), added.data_ptr<float>(), factors.data_ptr<float>(), 1, height,
                      width, in, out});
    });
}
