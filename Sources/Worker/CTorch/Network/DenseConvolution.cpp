// Convolutions of dense blocks on a device, as an operator: what is concatenated is read where it lies, residual sums come with it.
#include <c10/core/DeviceGuard.h>
#include <torch/library.h>

#include "ConvolutionInputs.h"
#include "DeviceKernels.h"
#include "Packing.h"
#include "Parameters.h"

namespace {

using ct::kernels::DenseTask;

/// The operator can be named in any TorchScript file, and a faulty network may give other channels than its weights are for.
void expectFitting(
    const ct::ConvolutionInputs &inputs, const at::Tensor &weights, const at::Tensor &bias, const at::Tensor &slope, int64_t channels) {
    const int64_t outputs = ct::denseOutputs(channels);
    TORCH_CHECK(
        channels > 0 && channels <= outputs && inputs.channels > 0 && inputs.channels % DenseTask::channelsAStep == 0
            && weights.numel() == 9 * inputs.channels * outputs && bias.numel() == outputs && slope.numel() == outputs,
        "a convolution's weights do not fit its input of ", inputs.channels, " channels");
    const auto isLike = [&](const at::Tensor &values, at::ScalarType type) {
        return values.is_contiguous() && values.scalar_type() == type && values.device() == inputs.tensors[0].device();
    };
    TORCH_CHECK(
        isLike(weights, at::kHalf) && isLike(bias, at::kFloat) && isLike(slope, at::kFloat),
        "a convolution's weights are no halves, or not where its input is");
}

/// Whether the kernel can add them to a result of these sizes.
bool canBeAdded(const std::vector<at::Tensor> &bases, at::IntArrayRef sizes) {
    const auto fits = [&](const at::Tensor &base) { return base.scalar_type() == at::kHalf && base.sizes() == sizes && base.is_cuda(); };
    // Of others the kernel stores more than there are.
    return sizes[1] % 8 == 0 && bases.size() <= DenseTask::mostBases && std::all_of(bases.begin(), bases.end(), fits);
}

DenseTask taskOf(const ct::ConvolutionInputs &inputs, const std::vector<at::Tensor> &bases, const c10::List<double> &factors, int outputs) {
    DenseTask task = {};
    for (const auto &picture : inputs.tensors) {
        task.pictures[task.count] = picture.data_ptr();
        task.channels[task.count++] = int(picture.size(1));
    }
    for (size_t i = 0; i < bases.size(); ++i) {
        task.bases[i] = bases[i].data_ptr();
        task.factors[i] = float(factors.get(i));
    }
    const auto &first = inputs.tensors[0];
    task.take(first.size(0), first.size(2), first.size(3), outputs);
    return task;
}

/// - pictures: as if they were concatenated, which would cost a copy.
/// - weights: of `packedDense`. bias, slope: floats, filled up to the kernel's outputs.
/// - bases, factors: the result is multiplied by the factor and added to the base, one after the other.
at::Tensor convolveDense(
    const std::vector<at::Tensor> &pictures, const at::Tensor &weights, const at::Tensor &bias, const at::Tensor &slope, int64_t channels,
    const std::vector<at::Tensor> &bases, const c10::List<double> &factors) {
    const ct::ConvolutionInputs inputs(pictures, {at::kHalf, DenseTask::channelsAStep, DenseTask::most});
    expectFitting(inputs, weights, bias, slope, channels);
    TORCH_CHECK(bases.size() == factors.size(), "each base of a convolution has a factor");
    const auto &first = inputs.tensors[0];
    const auto &kernels = ct::expectedKernels(first.device());
    const c10::DeviceGuard guard(first.device());
    const int64_t n = first.size(0), height = first.size(2), width = first.size(3), stored = (channels + 7) / 8 * 8;
    const bool areAdded = canBeAdded(bases, {n, channels, height, width});
    std::vector<at::Tensor> added;
    if (areAdded)
        for (const auto &base : bases) added.push_back(base.contiguous(at::MemoryFormat::ChannelsLast));
    auto result = at::empty({n, stored, height, width}, first.options(), at::MemoryFormat::ChannelsLast);
    const int outputs = ct::denseOutputs(channels);
    auto task = taskOf(inputs, added, factors, outputs);
    task.weights = weights.data_ptr();
    task.bias = bias.data_ptr<float>();
    task.slope = slope.data_ptr<float>();
    task.to = result.data_ptr();
    task.stored = int(stored);
    const auto &kernel = outputs == 64 ? kernels.dense64 : outputs == 32 ? kernels.dense32 : kernels.dense16;
    kernel({unsigned(2 * kernels.multiprocessors)}, first.device(), task);
    if (stored != channels) result = result.narrow(1, 0, channels);
    if (!areAdded)
        for (size_t i = 0; i < bases.size(); ++i) result = result * factors.get(i) + bases[i];
    return result;
}

TORCH_LIBRARY_FRAGMENT(upscale_farm, library) {
    library.def(
        "device_dense3x3(Tensor[] pictures, Tensor weights, Tensor bias, Tensor slope, int channels, Tensor[] bases, float[] factors) "
        "-> Tensor");
}

TORCH_LIBRARY_IMPL(upscale_farm, CUDA, library) { library.impl("device_dense3x3", convolveDense); }

}  // namespace
