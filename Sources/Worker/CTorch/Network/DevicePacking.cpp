// Weights in the order in which the threads of a device's kernels hold them.
#include "DeviceConvolution.h"
#include "Packing.h"

namespace {

constexpr int64_t width = 64;

/// [tap][output][input], filled up to 64 outputs.
at::Tensor taps(const at::Tensor &weights) {
    const int64_t out = weights.size(0);
    auto result = at::zeros({9, width, width}, at::kHalf);
    result.narrow(1, 0, out).copy_(weights.permute({2, 3, 0, 1}).reshape({9, out, width}));
    return result;
}

/// Fragments of a product's left side, 16 of K a step: [step][word][warp][lane][2].
at::Tensor packedForHopper(const at::Tensor &weights) {
    const auto all = taps(weights);
    auto packed = at::empty({9 * width * width}, at::kHalf);
    const auto *const from = all.data_ptr<at::Half>();
    auto *to = packed.data_ptr<at::Half>();
    for (int step = 0; step < 36; ++step)
        for (int word = 0; word < 4; ++word)
            for (int warp = 0; warp < 4; ++warp)
                for (int lane = 0; lane < 32; ++lane) {
                    const int row = warp * 16 + lane / 4 + 8 * (word & 1), k = step % 4 * 16 + lane % 4 * 2 + 8 * (word >> 1);
                    const auto *const pair = from + (step / 4 * width + row) * width + k;
                    *to++ = pair[0];
                    *to++ = pair[1];
                }
    return packed;
}

at::Tensor packedForAmpere(const at::Tensor &weights) {
    const auto all = taps(weights);
    auto packed = at::empty({9 * width * width}, at::kHalf);
    const auto *const from = all.data_ptr<at::Half>();
    ct::packForAmpere(packed.data_ptr<at::Half>(), [&](int output, int input, int tap) { return from[(tap * width + output) * width + input]; });
    return packed;
}

}  // namespace

at::Tensor ct::packedForDevice(const at::Tensor &weights, const DeviceKernels &kernels) {
    return kernels.isHopper ? packedForHopper(weights) : packedForAmpere(weights);
}

at::Tensor ct::packedDense(const at::Tensor &weights) {
    const auto all = weights.contiguous();
    const int64_t channels = all.size(0), inputs = all.size(1);
    const int outputs = denseOutputs(channels);
    auto packed = at::empty({9 * inputs * outputs}, at::kHalf);
    const auto *const from = all.data_ptr<at::Half>();
    packDense(packed.data_ptr<at::Half>(), inputs, outputs, [&](int64_t output, int64_t input, int tap) {
        return output < channels ? from[(output * inputs + input) * 9 + tap] : at::Half(0.f);
    });
    return packed;
}
