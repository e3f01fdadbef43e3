#include "Shuffle.h"

#include "Enlarged.h"

#include <ATen/ATen.h>
#include <torch/library.h>

#include "Rows.h"

namespace {

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

/// What a shuffle is of: channels-last values, and planes of what is added or nothing.
struct Shuffling {
    at::Tensor source, base;
    int64_t factor, channels, height, width, step;

    Shuffling(const at::Tensor &input, int64_t factor, const at::Tensor &added)
        : source(input.contiguous(at::MemoryFormat::ChannelsLast)), base(added.defined() ? added.contiguous() : added),
          factor(factor), channels(input.size(1) / (factor * factor)), height(input.size(2)), width(input.size(3)),
          step(input.size(1)) {}

    /// Lines of the result that come of line `row` of all pictures' lines.
    void fillFrom(int64_t row, float *planes) const {
        const auto line = filling(factor);
        const float *const values = source.data_ptr<float>() + row * width * step;
        const float *const added = base.defined() ? base.data_ptr<float>() : nullptr;
        for (int64_t c = 0; c < channels; ++c) {
            const int64_t place = (row / height * channels + c) * height + row % height;
            for (int64_t k = 0; k < factor; ++k)
                line(
                    planes + (place * factor + k) * width * factor, values + (c * factor + k) * factor, step,
                    added ? added + place * width : nullptr, width, factor);
        }
    }
};

/// - input: [N, C·factor², H, W]. Result: [N, C, factor·H, factor·W], its planes one after the other.
/// - base: [N, C, H, W]; another one is enlarged and added as libtorch does it.
at::Tensor shuffled(const at::Tensor &input, int64_t factor, const c10::optional<at::Tensor> &base) {
    TORCH_CHECK(
        input.dim() == 4 && factor > 0 && input.size(1) % (factor * factor) == 0 && input.scalar_type() == at::kFloat,
        "a shuffle by ", factor, " takes [N, C, H, W] of floats, with as many channels for each result");
    const int64_t n = input.size(0), channels = input.size(1) / (factor * factor), height = input.size(2),
                  width = input.size(3);
    if (base && (base->sizes() != at::IntArrayRef{n, channels, height, width} || base->scalar_type() != at::kFloat)) {
        const std::vector<double> scales(2, double(factor));
        return shuffled(input, factor, c10::nullopt)
            .add(at::upsample_nearest2d(*base, c10::nullopt, at::ArrayRef<double>(scales)));
    }
    const Shuffling shuffling(input, factor, base.value_or(at::Tensor()));
    auto result = at::empty({n, channels, height * factor, width * factor}, input.options(), at::MemoryFormat::Contiguous);
    float *const planes = result.data_ptr<float>();
    ct::eachRow(n * height, [&](int64_t first, int64_t end) {
        for (int64_t row = first; row < end; ++row) shuffling.fillFrom(row, planes);
    });
    return result;
}

TORCH_LIBRARY_FRAGMENT(upscale_farm, library) {
    library.def("shuffled(Tensor input, int factor, Tensor? base) -> Tensor");
}

TORCH_LIBRARY_IMPL(upscale_farm, CPU, library) { library.impl("shuffled", shuffled); }

}  // namespace

at::Tensor ct::Enlarged::pictures() const {
    if (factor == 0) return values;
    static const auto onAnyDevice = c10::Dispatcher::singleton()
                                        .findSchemaOrThrow("upscale_farm::shuffled", "")
                                        .typed<at::Tensor(const at::Tensor &, int64_t, const c10::optional<at::Tensor> &)>();
    return onAnyDevice.call(values, factor, base);
}

std::vector<int64_t> ct::Enlarged::sizes() const {
    if (factor == 0) return values.sizes().vec();
    return {values.size(0), values.size(1) / (factor * factor), values.size(2) * factor, values.size(3) * factor};
}

bool ct::Enlarged::isWhole() const {
    return values.dim() == 4 && values.size(1) % (factor * factor) == 0
        && base.sizes() == at::IntArrayRef{values.size(0), values.size(1) / (factor * factor), values.size(2), values.size(3)};
}
