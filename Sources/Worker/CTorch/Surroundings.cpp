#include "Surroundings.h"

#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "Errors.h"
#include "OnStream.h"
#include "Rows.h"
#include "SmallPicture.h"

std::unique_ptr<ct_upscaler> ct::Surroundings::open(ct_model &model, bool isPlain, int underWay) const {
    auto made = std::make_unique<ct_upscaler>(model, input, output, low, high, isPlain, underWay);
    if (blendRadius > 0)
        made->kept.emplace(blendRadius, model.device.is_cpu() && !isPlain, isPlain ? nullptr : kernelsFor(model.device));
    return made;
}

ct::Surroundings ct::Surroundings::small() const {
    // Divisible as a film's size is: kernels take what is even, or a multiple of 8, by paths of their own.
    const auto source = [](int32_t size) { return 48 + size % 16; };
    // And as much larger or smaller, for how far a blend looks around follows from that.
    const auto result = [](int32_t small, int32_t from, int32_t to) {
        const double near = double(small) * to / from;
        return std::max(16, 16 * int32_t(std::lround((near - to % 16) / 16))) + to % 16;
    };
    auto tried = *this;
    tried.input.width = source(input.width);
    tried.input.height = source(input.height);
    tried.output.width = result(tried.input.width, input.width, output.width);
    tried.output.height = result(tried.input.height, input.height, output.height);
    return tried;
}

namespace {

/// Off by more than this part of all codes is another picture: rounding and dither are off by one of 8 bits at most.
constexpr double furthestOff = 1.0 / 256;
/// As many samples of a thousand may be: where motion is found by a hair's breadth.
constexpr double mostOff = 2;

/// The whole picture, and two halves of it with what is around them.
struct Plans {
    ct_tile one, two[2];
    ct_plan whole, halves;

    explicit Plans(const ct_format &format) {
        const int32_t middle = format.width / 2, width = middle + 16;
        one = {0, 0, format.width, format.height, 0, 0};
        two[0] = {0, 0, middle, format.height, 0, 0};
        two[1] = {middle, 0, format.width - middle, format.height, format.width - width, 0};
        whole = {1, format.width, format.height, &one, 1};
        halves = {1, width, format.height, two, 2};
    }
};

/// The picture in the middle of a film, by itself in whole and in halves.
void upscale(ct_upscaler &upscaler, const Plans &plans, const ct_input &given, std::vector<ct::SmallPicture> &results) {
    const ct_output taken[2] = {results[0].as<ct_output>(), results[1].as<ct_output>()};
    upscaler.upscale(plans.whole, &given, &taken[0], 1);
    upscaler.upscale(plans.halves, &given, &taken[1], 1);
}

/// It (from halves) and the one before it, blended with their neighbours.
void blend(ct_upscaler &upscaler, const Plans &plans, const ct_input *given, std::vector<ct::SmallPicture> &results) {
    for (int i = -1; i <= 1; ++i) upscaler.keep(i == 0 ? plans.halves : plans.whole, &given[i], 1);
    for (int i = 0; i < 2; ++i) upscaler.blend(given[-i], results[size_t(i)].as<ct_output>());
}

/// What becomes of small pictures.
std::vector<ct::SmallPicture> made(ct_model &model, const ct::Surroundings &surroundings, bool isPlain) {
    // Closed as any other: on its stream.
    const std::unique_ptr<ct_upscaler, decltype(&ct_upscaler_close)> upscaler(surroundings.open(model, isPlain, 1).release(), ct_upscaler_close);
    const c10::InferenceMode inference;
    const ct::OnStream stream(*upscaler);
    const Plans plans(surroundings.input);
    const int64_t middle = std::max<int64_t>(model.window / 2, surroundings.blendRadius > 0 ? 1 : 0), count = 2 * middle + 1;
    std::vector<ct::SmallPicture> film(size_t(count), ct::SmallPicture(surroundings.input));
    std::vector<ct_input> given;
    for (auto &picture : film) given.push_back(picture.drawn(int(given.size())));
    if (upscaler->reel) upscaler->show(given.data(), int(count));
    std::vector<ct::SmallPicture> results(2, ct::SmallPicture(surroundings.output));
    if (upscaler->kept) blend(*upscaler, plans, &given[size_t(middle)], results);
    else upscale(*upscaler, plans, given[size_t(middle)], results);
    upscaler->flights.settle();
    return results;
}

/// Samples of a thousand that are off by more than `furthestOff`.
double differing(const std::vector<ct::SmallPicture> &found, const std::vector<ct::SmallPicture> &expected) {
    double samples = 0, off = 0;
    for (size_t i = 0; i < found.size(); ++i)
        for (int plane = 0; plane < found[i].planes(); ++plane) {
            const size_t count = found[i].samples(plane);
            const double limit = furthestOff * (1 << found[i].format.bit_depth);
            samples += double(count);
            for (size_t place = 0; place < count; ++place)
                off += std::abs(found[i].at(plane, place) - expected[i].at(plane, place)) > limit;
        }
    return 1000 * off / samples;
}

}  // namespace

std::optional<std::string> ct::triedAround(ct_model &model, const Surroundings &surroundings) {
    const auto tried = surroundings.small();
    useThreads(1);  // so few pixels are not worth a pool of them
    std::vector<SmallPicture> expected;
    try {
        expected = made(model, tried, true);
    } catch (...) {
        essenceUnlessMemory();
        return std::nullopt;  // the network's affair, of which the film's own pictures tell
    }
    try {
        const double off = differing(made(model, tried, false), expected);
        if (off <= mostOff) return "";
        char words[160];
        std::snprintf(words, sizeof words, "our kernels give another small picture than tensor operations do (%.3g of 1000 samples are off)", off);
        return words;
    } catch (...) {
        return "our kernels fail: " + essenceUnlessMemory();
    }
}
