#include "Surroundings.h"

#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <mutex>
#include <new>
#include <vector>

#include "Errors.h"
#include "OnStream.h"
#include "Rows.h"

std::unique_ptr<ct_upscaler> ct::Surroundings::open(ct_model &model, bool isPlain, int underWay) const {
    auto made = std::make_unique<ct_upscaler>(model, input, output, low, high, isPlain, underWay);
    if (blendRadius > 0)
        made->kept.emplace(blendRadius, model.device.is_cpu() && !isPlain, isPlain ? nullptr : kernelsFor(model.device));
    return made;
}

namespace {

/// Off by more than this part of all codes is another picture: rounding and dither are off by one of 8 bits at most.
constexpr double furthest = 1.0 / 256;
/// As many samples of a thousand may be: where motion is found by a hair's breadth.
constexpr double most = 2;

/// Divisible as a film's size is: kernels take what is even, or a multiple of 8, by paths of their own.
int32_t small(int32_t size) { return 48 + size % 16; }

/// The planes of a small picture, of which each next shows the same one pixel further.
struct Picture {
    std::vector<std::vector<uint8_t>> bytes;
    ct_format format;

    explicit Picture(const ct_format &format) : format(format) {
        const int colours = format.family == CT_GRAY ? 1 : 3;
        for (int plane = 0; plane < colours + format.has_alpha; ++plane)
            bytes.emplace_back(size_t(height(plane)) * stride(plane));
    }

    bool isChroma(int plane) const { return format.family == CT_YUV && (plane == 1 || plane == 2); }
    int32_t width(int plane) const { return isChroma(plane) ? -(-format.width >> format.chroma_shift_x) : format.width; }
    int32_t height(int plane) const { return isChroma(plane) ? -(-format.height >> format.chroma_shift_y) : format.height; }
    int32_t sampleBytes() const { return format.bit_depth > 8 ? 2 : 1; }
    size_t stride(int plane) const { return size_t(width(plane)) * sampleBytes(); }

    int at(int plane, size_t place) const {
        const auto *const data = bytes[plane].data();
        return format.bit_depth > 8 ? reinterpret_cast<const uint16_t *>(data)[place] : data[place];
    }

    /// Edges and slopes in the nominal range.
    void draw(int number) {
        for (int plane = 0; plane < int(bytes.size()); ++plane)
            for (int y = 0; y < height(plane); ++y)
                for (int x = 0; x < width(plane); ++x) {
                    const int slope = (5 * (x + number) + 3 * y + 17 * plane) % 64;
                    const int code = 24 + 5 * std::min(slope, 63 - slope) + ((x + number) / 7 + y / 5) % 2 * 30;
                    const size_t place = size_t(y) * width(plane) + x;
                    if (format.bit_depth > 8)
                        reinterpret_cast<uint16_t *>(bytes[plane].data())[place] = uint16_t(code << (format.bit_depth - 8));
                    else
                        bytes[plane][place] = uint8_t(code);
                }
    }

    ct_input given(int number) const {
        ct_input input{};
        for (size_t plane = 0; plane < bytes.size(); ++plane) {
            input.planes[plane] = bytes[plane].data();
            input.strides[plane] = ptrdiff_t(stride(int(plane)));
        }
        input.number = number;
        return input;
    }

    ct_output taken() {
        ct_output output{};
        for (size_t plane = 0; plane < bytes.size(); ++plane) {
            output.planes[plane] = bytes[plane].data();
            output.strides[plane] = ptrdiff_t(stride(int(plane)));
        }
        return output;
    }
};

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

/// What becomes of one picture in whole and in halves, and with a blend of that and its neighbours.
std::vector<Picture> made(ct_model &model, const ct::Surroundings &surroundings, bool isPlain) {
    const auto upscaler = surroundings.open(model, isPlain, 1);
    const c10::InferenceMode inference;
    const ct::OnStream stream(*upscaler);
    const Plans plans(surroundings.input);
    const int middle = int(std::max<int64_t>(model.window / 2, surroundings.blendRadius > 0 ? 1 : 0)), count = 2 * middle + 1;
    std::vector<Picture> film(size_t(count), Picture(surroundings.input));
    std::vector<ct_input> given;
    for (int number = 0; number < count; ++number) {
        film[size_t(number)].draw(number);
        given.push_back(film[size_t(number)].given(number));
    }
    if (upscaler->reel) upscaler->show(given.data(), count);
    std::vector<Picture> results(2, Picture(surroundings.output));
    if (upscaler->kept) {
        for (int number = middle - 1; number <= middle + 1; ++number)
            upscaler->keep(number == middle ? plans.halves : plans.whole, &given[size_t(number)], 1);
        for (int i = 0; i < 2; ++i) upscaler->blend(given[size_t(middle - i)], results[size_t(i)].taken());
    } else {
        const ct_output taken[2] = {results[0].taken(), results[1].taken()};
        upscaler->upscale(plans.whole, &given[size_t(middle)], &taken[0], 1);
        upscaler->upscale(plans.halves, &given[size_t(middle)], &taken[1], 1);
    }
    upscaler->flights.settle();
    return results;
}

/// Samples of a thousand that are off by more than `furthest`.
double differing(const std::vector<Picture> &found, const std::vector<Picture> &expected) {
    double samples = 0, off = 0;
    for (size_t i = 0; i < found.size(); ++i)
        for (int plane = 0; plane < int(found[i].bytes.size()); ++plane) {
            const size_t count = size_t(found[i].width(plane)) * found[i].height(plane);
            const double limit = furthest * (1 << found[i].format.bit_depth);
            samples += double(count);
            for (size_t place = 0; place < count; ++place)
                off += std::abs(found[i].at(plane, place) - expected[i].at(plane, place)) > limit;
        }
    return 1000 * off / samples;
}

}  // namespace

std::string ct::triedAround(ct_model &model, const Surroundings &surroundings) {
    auto tried = surroundings;
    const bool isResized = tried.output.width != tried.input.width * model.scale || tried.output.height != tried.input.height * model.scale;
    tried.input.width = small(tried.input.width);
    tried.input.height = small(tried.input.height);
    tried.output.width = isResized ? small(tried.output.width) : int32_t(tried.input.width * model.scale);
    tried.output.height = isResized ? small(tried.output.height) : int32_t(tried.input.height * model.scale);
    useThreads(1);  // so few pixels are not worth a pool of them
    std::vector<Picture> expected;
    try {
        expected = made(model, tried, true);
    } catch (const BadOutput &) {
        return "";  // the network's affair, of which the film's own pictures tell
    }
    try {
        const double off = differing(made(model, tried, false), expected);
        if (off <= most) return "";
        char words[160];
        std::snprintf(words, sizeof words, "our kernels give another small picture than tensor operations do (%.3g of 1000 samples are off)", off);
        return words;
    } catch (const std::bad_alloc &) {
        throw;  // passes
    } catch (const c10::OutOfMemoryError &) {
        throw;
    } catch (const std::exception &failure) {
        return std::string("our kernels fail: ") + failure.what();
    }
}

std::string ct::problemAround(ct_model &model, const Surroundings &surroundings) {
    static std::mutex guard;
    static std::map<std::string, std::string> known;
    const std::lock_guard<std::mutex> lock(guard);
    std::string key = model.device.str();
    const auto add = [&](double part) { key += ' ' + std::to_string(part); };
    for (const auto &format : {surroundings.input, surroundings.output})
        for (const int32_t part :
             {small(format.width), small(format.height), format.family, format.bit_depth, format.chroma_shift_x, format.chroma_shift_y,
              format.matrix, format.full_range, format.chroma_location, format.has_alpha})
            add(part);
    for (const double part :
         {surroundings.low, surroundings.high, double(surroundings.blendRadius), double(model.scale), double(model.window),
          double(model.shuffle), double(model.type), double(bool(model.network)),
          double(surroundings.output.width) / surroundings.input.width, double(surroundings.output.height) / surroundings.input.height})
        add(part);
    const auto found = known.find(key);
    return found != known.end() ? found->second : known.emplace(key, triedAround(model, surroundings)).first->second;
}
