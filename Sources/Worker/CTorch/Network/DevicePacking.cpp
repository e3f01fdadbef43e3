// Weights in the order in which the threads of a device's kernels hold them.
#include "DeviceConvolution.h"

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

/// Fragments of two products' right sides: [tap][16 inputs][16 outputs][lane][product][register][2], with outputs permuted such that a lane
/// ends up with four neighbours (see the kernel).
at::Tensor packedForAmpere(const at::Tensor &weights) {
    const auto all = taps(weights);
    auto packed = at::empty({9 * width * width}, at::kHalf);
    const auto *const from = all.data_ptr<at::Half>();
    auto *to = packed.data_ptr<at::Half>();
    for (int block = 0; block < 9 * 4 * 4; ++block)
        for (int lane = 0; lane < 32; ++lane)
            for (int part = 0; part < 8; ++part) {
                const int column = lane / 4, product = part / 4;
                const int output = block % 4 * 16 + 4 * (column / 2) + 2 * product + column % 2;
                const int input = block / 4 % 4 * 16 + lane % 4 * 2 + part / 2 % 2 * 8 + part % 2;
                *to++ = from[(block / 16 * width + output) * width + input];
            }
    return packed;
}

}  // namespace

at::Tensor ct::packedForDevice(const at::Tensor &weights, const DeviceKernels &kernels) {
    return kernels.isHopper ? packedForHopper(weights) : packedForAmpere(weights);
}
