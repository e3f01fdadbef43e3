// How fast a network is, and how fast its device could be.
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "Errors.h"
#include "FusedConvolution.h"
#include "Model.h"
#include "Rows.h"
#include "Upscaler.h"
#if __has_include(<torch/cuda.h>)
#include <torch/cuda.h>
#else
#include <torch/csrc/api/include/torch/cuda.h>
#endif

namespace {

/// Calls return before a CUDA device is through with them.
void settle(const at::Device &device) {
    if (device.is_cuda()) torch::cuda::synchronize(device.index());
}

template <typename Work>
double seconds(const at::Device &device, int calls, const Work &work) {
    settle(device);
    const auto start = std::chrono::steady_clock::now();
    for (int call = 0; call < calls; ++call) work();
    settle(device);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / calls;
}

/// Work, and the operations in it.
struct Work {
    std::function<void()> run;
    double operations;
};

Work product(const at::TensorOptions &options) {
    constexpr int64_t n = 8192;
    const auto a = at::randn({n, n}, options), b = at::randn({n, n}, options);
    auto to = at::empty({n, n}, options);
    return {[=]() mutable { at::mm_out(to, a, b); }, 2.0 * n * n * n};
}

/// The same product as a convolution 1x1, which oneDNN computes: a libtorch may have slow matrix products on the CPU.
Work pointwise(const at::TensorOptions &options) {
    constexpr int64_t channels = 512, side = 96;
    const auto order = at::MemoryFormat::ChannelsLast;
    const auto picture = at::randn({1, channels, side, side}, options).contiguous(order);
    const auto weights = at::randn({channels, channels, 1, 1}, options).contiguous(order);
    return {
        [=] { at::mkldnn_convolution(picture, weights, {}, {0, 0}, {1, 1}, {1, 1}, 1); },
        2.0 * side * side * channels * channels};
}

/// Operations a second, of the best of some rounds.
double peak(const at::Device &device, const Work &work) {
    double best = seconds(device, 1, work.run);
    for (int round = 0; round < 5; ++round) best = std::min(best, seconds(device, 3, work.run));
    return work.operations / best;
}

}  // namespace

double ct_upscaler::secondsOfNetwork(const ct_plan &plan, const ct_input *inputs, int count, int calls) {
    if (reel) ct::fail("the network sees more than one picture");
    expectFitting(plan, count);
    const auto batch = gather(plan, inputs, count);
    return seconds(model.device, calls, [&] { throughNetwork(plan, batch).pictures(); });
}

ct_status ct_model_time(
    ct_model *model, int32_t batch, int32_t width, int32_t height, double low, double high, int32_t calls, int32_t threads,
    double *seconds_a_call, double *multiplications, char *error, size_t capacity) noexcept {
    return ct::guarded(error, capacity, [&] {
        const c10::InferenceMode inference;
        ct::useThreads(threads);
        const auto ramp = model->ramp(batch, width, height, low, high);
        ct::Multiplications done;
        const ct::Counting counting(done);
        *seconds_a_call = seconds(model->device, calls, [&] { model->run(ramp); });
        *multiplications = (done.own + done.others) / calls;
    });
}

ct_status ct_device_peak(
    const char *device, int32_t half, int32_t threads, double *operations, char *error, size_t capacity) noexcept {
    return ct::guarded(error, capacity, [&] {
        const c10::InferenceMode inference;
        ct::useThreads(threads);
        const at::Device on{std::string(device)};
        const auto options = at::TensorOptions().dtype(half ? at::kHalf : at::kFloat).device(on);
        *operations = on.is_cpu() ? peak(on, pointwise(options)) : peak(on, product(options));
    });
}
