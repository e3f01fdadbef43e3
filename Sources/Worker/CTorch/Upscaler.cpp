// The path of a batch: planes, RGB, network in tiles, checks, the source's colours, the wanted size, planes.
#include "Upscaler.h"

#include <cmath>
#include <memory>

#include "Errors.h"
#include "Finishing.h"
#include "Means.h"
#include "Rows.h"
#include "Streams.h"

namespace {

std::optional<ct::Resampler> resamplerFor(const ct_model &model, const ct_format &input, const ct_format &output) {
    const int64_t height = input.height * model.scale, width = input.width * model.scale;
    if (output.height == height && output.width == width) return std::nullopt;
    return ct::Resampler(height, width, output.height, output.width, model.device);
}

}  // namespace

ct_upscaler::ct_upscaler(
    ct_model &model, const ct_format &input, const ct_format &output, double low, double high, bool isPlain, int underWay)
    : flights(model.device, underWay), model(model), input((ct::expectUsable(input), input)), output((ct::expectUsable(output), output)), low(low),
      high(high), values(model.network ? std::optional(ct::ValueRange{low, high}) : std::nullopt),
      isFused(model.device.is_cpu() && !isPlain), kernels(isPlain ? nullptr : ct::kernelsFor(model.device)),
      toRGB(input, kernels), fromRGB(output, input.bit_depth, model.device, isFused, kernels),
      resampler(resamplerFor(model, input, output)), alpha(input, output, model, resampler ? &*resampler : nullptr) {
    if (!(low < high)) ct::fail("the value range is empty");
    if (underWay < 1) ct::fail("no call may be under way");
    if (model.window > 1) reel.emplace(model.window);
    if (!model.device.is_cpu()) stream = ct::newStream(model.device);
}

void ct_upscaler::expectFitting(const ct_plan &plan, int count) const {
    if (count < 1 || count > plan.batch)
        ct::fail("a batch of " + std::to_string(plan.batch) + " cannot hold " + std::to_string(count) + " pictures");
    if (plan.tile_count < 1) ct::fail("a plan without tiles");
    for (int i = 0; i < plan.tile_count; ++i) {
        const ct_tile &tile = plan.tiles[i];
        if (tile.window_x < 0 || tile.window_x + plan.window_width > input.width || tile.window_y < 0
            || tile.window_y + plan.window_height > input.height)
            ct::fail("tile " + std::to_string(i) + " leaves the picture of " + ct::sizeText(input));
    }
}

void ct_upscaler::enlarge(const ct_plan &plan, const ct_input *inputs, int count, bool canShuffle, const Taker &take) {
    expectFitting(plan, count);
    const auto seen = reel ? gatherAround(plan, inputs, count) : gather(plan, inputs, count);
    const auto batch = reel ? seen.select(1, model.window / 2) : seen;
    auto enlarged = throughNetwork(plan, seen);
    const bool isLeft = kernels && canShuffle && ct::canStayUnshuffled(enlarged);
    if (!isLeft) enlarged = {enlarged.pictures(), {}};
    std::vector<int64_t> numbers;
    std::vector<at::Tensor> means;
    for (int i = 0; i < count; ++i) {
        auto &mean = means.emplace_back();
        const auto picture = isLeft ? ct::held(enlarged, i, batch[i], mean, *kernels) : finished(enlarged.values[i], batch[i], mean);
        numbers.push_back(inputs[i].number);
        if (i + 1 == count) enlarged = {};  // planes take memory, too
        take(i, picture, batch[i]);
    }
    transfers().whenDown(at::stack(means), [this, numbers](const at::Tensor &means) {
        const auto whole = share(means.mean({2}));
        for (size_t i = 0; i < numbers.size(); ++i)
            expectPicture(whole[i][0].item<float>(), whole[i][1].item<float>(), numbers[i]);
    });
}

void ct_upscaler::upscale(const ct_plan &plan, const ct_input *inputs, const ct_output *outputs, int count) {
    enlarge(plan, inputs, count, !resampler && fromRGB.takesUnshuffled(), [&](int i, const ct::Finished &picture, const at::Tensor &) {
        fromRGB.convert(resampler ? resized(picture) : picture, low, high, outputs[i], inputs[i].number, transfers());
        alpha.convert(inputs[i], outputs[i], transfers());
    });
}

void ct_upscaler::keep(const ct_plan &plan, const ct_input *inputs, int count) {
    if (!kept) ct::fail("the upscaler was opened without a blend");
    enlarge(plan, inputs, count, false, [&](int i, const ct::Finished &picture, const at::Tensor &source) {
        kept->keep(inputs[i].number, share(source), resized(picture).rgb);
    });
}

void ct_upscaler::blend(const ct_input &input, const ct_output &output) {
    if (!kept) ct::fail("the upscaler was opened without a blend");
    fromRGB.convert({kept->blended(input.number).contiguous()}, low, high, output, input.number, transfers());
    alpha.convert(input, output, transfers());
}

/// What the network made of `source`, in the source's colours.
/// - means: [2, 3], of the source's values, and of the picture's ahead of clamping.
ct::Finished ct_upscaler::finished(const at::Tensor &enlarged, const at::Tensor &source, at::Tensor &means) const {
    // nearest stays exact for codes outside of the nominal range.
    if (kernels && model.network) return ct::held(enlarged, source, means, *kernels);
    means = at::stack({source.mean({1, 2}), enlarged.mean({1, 2}, false, at::kFloat)});
    const auto rgb = enlarged.to(at::kFloat).contiguous();
    if (model.network) {
        // No lighter and no darker than the source anywhere is: in PQ a little too much is thousands of nits.
        if (isFused) {
            ct::cpu::hold(rgb, source);
        } else {
            ct::holdMeans(rgb, source);
            rgb.clamp_(source.amin({1, 2}, true), source.amax({1, 2}, true));
        }
    }
    return {rgb};
}

ct::Finished ct_upscaler::resized(const ct::Finished &picture) const {
    const auto rgb = kernels ? ct::lifted(picture, *kernels) : picture.rgb;
    return {resampler ? resampler->convert(rgb).contiguous() : rgb};
}

/// The pictures as one batch of the pinned size; a short one is filled up with zeros, whose results are dropped.
at::Tensor ct_upscaler::gather(const ct_plan &plan, const ct_input *inputs, int count) {
    const auto options = at::TensorOptions().dtype(at::kFloat).device(model.device);
    auto batch = at::empty({plan.batch, 3, input.height, input.width}, options);
    for (int i = 0; i < count; ++i) toRGB.convert(inputs[i], batch[i], values, transfers());
    if (count < plan.batch) batch.narrow(0, count, plan.batch - count).zero_();
    return batch;
}

/// Each picture's window of those that were shown: [batch, window, 3, height, width].
at::Tensor ct_upscaler::gatherAround(const ct_plan &plan, const ct_input *inputs, int count) const {
    const auto options = at::TensorOptions().dtype(at::kFloat).device(model.device);
    auto batch = at::empty({plan.batch, model.window, 3, input.height, input.width}, options);
    for (int i = 0; i < count; ++i) batch[i].copy_(reel->around(inputs[i].number));
    if (count < plan.batch) batch.narrow(0, count, plan.batch - count).zero_();
    return batch;
}

void ct_upscaler::show(const ct_input *inputs, int count) {
    if (!reel) ct::fail("the network sees one picture");
    const auto options = at::TensorOptions().dtype(at::kFloat).device(model.device);
    for (int i = 0; i < count; ++i) {
        auto picture = at::empty({3, input.height, input.width}, options);
        toRGB.convert(inputs[i], picture, std::nullopt, transfers());
        const auto look = picture.clone();
        if (values) values->bring(picture);
        reel->show(inputs[i].number, picture, look);
    }
}

/// In tiles as in whole: what comes behind is the same, and so are its bits.
ct::Enlarged ct_upscaler::throughNetwork(const ct_plan &plan, const at::Tensor &batch) {
    if (plan.window_width == input.width && plan.window_height == input.height) return model.enlarged(batch);
    const auto cut = [](const at::Tensor &t, int64_t y, int64_t x, int64_t height, int64_t width) {
        return t.narrow(-2, y, height).narrow(-1, x, width);
    };
    ct::Enlarged canvas;
    for (int i = 0; i < plan.tile_count; ++i) {
        const ct_tile &tile = plan.tiles[i];
        const auto enlarged = model.enlarged(cut(batch, tile.window_y, tile.window_x, plan.window_height, plan.window_width));
        const int64_t scale = model.scale / std::max<int64_t>(1, enlarged.factor);
        canvas.factor = enlarged.factor;
        const auto put = [&](const at::Tensor &values, at::Tensor &to) {
            if (!to.defined())
                to = at::empty(
                    {plan.batch, values.size(1), input.height * scale, input.width * scale}, values.options(), values.suggest_memory_format());
            const int64_t width = tile.core_width * scale, height = tile.core_height * scale;
            const auto core = cut(values, (tile.core_y - tile.window_y) * scale, (tile.core_x - tile.window_x) * scale, height, width);
            cut(to, tile.core_y * scale, tile.core_x * scale, height, width).copy_(core);
        };
        put(enlarged.values, canvas.values);
        if (enlarged.factor > 0) put(enlarged.base, canvas.base);
    }
    return canvas;
}

/// `before` and `after` are the means of the picture, in [0, 1], ahead of clamping: any NaN or infinity shows.
void ct_upscaler::expectPicture(float before, float after, int64_t number) const {
    const std::string frame = "frame " + std::to_string(number);
    if (!std::isfinite(after)) throw ct::BadOutput(frame + ": the network gave NaN or infinity");
    constexpr float visible = 1.0f / 16, black = 1.0f / 255;
    if (before > visible && after < black)
        throw ct::BadOutput(frame + ": the network gave black for a picture that is not");
}
