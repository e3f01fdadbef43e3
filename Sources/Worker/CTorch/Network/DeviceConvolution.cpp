#include "DeviceConvolution.h"

#include <c10/core/DeviceGuard.h>
#include <torch/library.h>

namespace {

constexpr int64_t channelsIn = 64, columns = 128;

void expectFitting(const at::Tensor &picture, int64_t channels, const at::Tensor &weights, int64_t count) {
    TORCH_CHECK(
        picture.dim() == 4 && picture.size(1) == channels && picture.scalar_type() == at::kHalf && weights.numel() == count
            && weights.is_contiguous() && weights.device() == picture.device(),
        "a convolution's weights do not fit its input");
}

/// [N, 3, H, W] to [N, 64, H, W] in channels-last order.
at::Tensor first(
    const at::Tensor &picture, const at::Tensor &weights, const at::Tensor &bias, const at::Tensor &slope, int64_t channels) {
    expectFitting(picture, 3, weights, 27 * channels);
    const auto &kernels = ct::expectedKernels(picture.device());
    const c10::DeviceGuard guard(picture.device());
    const auto input = picture.contiguous();
    const int64_t n = input.size(0), height = input.size(2), width = input.size(3);
    auto result = at::empty({n, channels, height, width}, input.options(), at::MemoryFormat::ChannelsLast);
    kernels.first(
        {unsigned(2 * kernels.multiprocessors)}, input.device(), input.data_ptr(), result.data_ptr(), weights.data_ptr(), bias.data_ptr(),
        slope.data_ptr(), int(width), int(height), int(n));
    return result;
}

/// - weights: of `packedForDevice`. bias, slope: 64 floats.
at::Tensor convolve(
    const at::Tensor &picture, const at::Tensor &weights, const at::Tensor &bias, const at::Tensor &slope, int64_t channels) {
    expectFitting(picture, channelsIn, weights, 9 * channelsIn * channelsIn);
    const auto &kernels = ct::expectedKernels(picture.device());
    const c10::DeviceGuard guard(picture.device());
    const auto input = picture.contiguous(at::MemoryFormat::ChannelsLast);
    const int64_t n = input.size(0), height = input.size(2), width = input.size(3);
    const int64_t stored = (channels + 7) / 8 * 8;  // the copy engine counts in 16 bytes
    auto result = at::empty({n, stored, height, width}, input.options(), at::MemoryFormat::ChannelsLast);
    const ct::driver::Grid grid{unsigned(kernels.multiprocessors)};
    if (kernels.isHopper) {
        const auto from = ct::driver::mapOf(input.data_ptr(), channelsIn, width, height, n, columns + 2);
        const auto to = ct::driver::mapOf(result.data_ptr(), stored, width, height, n, columns);
        kernels.convolve(
            grid, input.device(), from, to, weights.data_ptr(), bias.data_ptr(), slope.data_ptr(),
            int(width), int(height), int(n));
    } else {
        kernels.convolve(
            grid, input.device(), input.data_ptr(), result.data_ptr(),
            weights.data_ptr(), bias.data_ptr(), slope.data_ptr(), int(width), int(height), int(n), int(stored));
    }
    return stored == channels ? result : result.narrow(1, 0, channels);
}

/// [N, 3·factor², H, W] to [N, 3, factor·H, factor·W], with the source added to each of its pixels.
at::Tensor shuffledOnDevice(const at::Tensor &input, int64_t factor, const c10::optional<at::Tensor> &base) {
    const auto enlarged = [&](const at::Tensor &picture) {
        const std::vector<double> scales(2, double(factor));
        return at::upsample_nearest2d(picture, c10::nullopt, at::ArrayRef<double>(scales));
    };
    const bool isKnown = factor >= 2 && factor <= 4 && input.scalar_type() == at::kHalf && input.dim() == 4
        && input.size(1) == 3 * factor * factor && input.stride(1) == 1;
    const bool fits = !base || (base->scalar_type() == at::kHalf && base->dim() == 4 && base->size(0) == input.size(0)
                                && base->size(1) == 3 && base->size(2) == input.size(2) && base->size(3) == input.size(3));
    if (!isKnown || !fits) {
        const auto plain = at::pixel_shuffle(input, factor);
        return base ? plain + enlarged(*base) : plain;
    }
    const auto &kernels = ct::expectedKernels(input.device());
    const c10::DeviceGuard guard(input.device());
    const int64_t n = input.size(0), height = input.size(2), width = input.size(3), step = input.stride(3);
    TORCH_CHECK(
        input.stride(2) == step * width && input.stride(0) == step * width * height, "a shuffle takes pixels one after the other");
    const auto added = base ? base->contiguous() : at::Tensor();
    auto result = at::empty({n, 3, height * factor, width * factor}, input.options(), at::MemoryFormat::Contiguous);
    kernels.shuffle(
        {ct::driver::blocks(width, 128), unsigned(height), unsigned(n)}, input.device(), input.data_ptr(),
        added.defined() ? added.data_ptr() : nullptr, result.data_ptr(), int(factor), int(step), int(width), int(height));
    return result;
}

TORCH_LIBRARY_FRAGMENT(upscale_farm, library) {
    library.def("device_first(Tensor picture, Tensor weights, Tensor bias, Tensor slope, int channels) -> Tensor");
    library.def("device_conv3x3(Tensor picture, Tensor weights, Tensor bias, Tensor slope, int channels) -> Tensor");
}

TORCH_LIBRARY_IMPL(upscale_farm, CUDA, library) {
    library.impl("device_first", first);
    library.impl("device_conv3x3", convolve);
    library.impl("shuffled", shuffledOnDevice);
}

}  // namespace
