// device-check DEVICE MODEL:SCALE[:HALO]…: holds our kernels on a device against the same in tensor operations, format by format: the
// codes may differ by one where a sum is rounded, and the same picture must give the same bits every time. Exit status 1 where they do
// not, 3 where there are no kernels for the device. HALO, by default 20: on how many source pixels to each side a pixel depends.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "Picture.h"

namespace {

struct Case {
    const char *name;
    ct_format input, output;
    int blend;
    /// The last picture shows another scene.
    bool endsWithCut = false;
    /// What the network takes for 0 and 1.
    double low = 0, high = 1;
};

/// Three pictures through an upscaler, all of them under way at once.
void upscale(
    ct_model *model, const Case &test, bool isPlain, std::vector<Picture *> inputs, std::vector<Picture *> outputs) {
    ct_upscaler *upscaler = nullptr;
    expect(
        ct_upscaler_open(model, &test.input, &test.output, test.low, test.high, test.blend, isPlain ? CT_AROUND_BY_OPERATIONS : CT_AROUND_BY_KERNELS, 3, &upscaler, words, sizeof words),
        "opening");
    const ct_tile tile{0, 0, test.input.width, test.input.height, 0, 0};
    const ct_plan plan{1, test.input.width, test.input.height, &tile, 1};
    std::vector<ct_input> given;
    std::vector<ct_output> wanted;
    for (size_t i = 0; i < inputs.size(); ++i) {
        given.push_back(inputs[i]->as<ct_input>());
        given.back().number = int64_t(i) + 40;
        wanted.push_back(outputs[i]->as<ct_output>());
    }
    for (size_t i = 0; i < inputs.size(); ++i) {
        expect(ct_upscaler_begin(upscaler, words, sizeof words), "beginning");
        if (test.blend > 0) expect(ct_upscaler_keep(upscaler, &plan, 4, &given[i], 1, words, sizeof words), "keeping");
        else expect(ct_upscale(upscaler, &plan, 4, &given[i], &wanted[i], 1, words, sizeof words), "upscaling");
        if (test.blend > 0 && i + 1 == inputs.size())
            expect(ct_upscaler_blend(upscaler, 4, given.data(), wanted.data(), int32_t(given.size()), words, sizeof words), "blending");
        expect(ct_upscaler_end(upscaler, words, sizeof words), "ending");
    }
    for (size_t i = 0; i < inputs.size(); ++i) expect(ct_upscaler_collect(upscaler, words, sizeof words), "collecting");
    ct_upscaler_close(upscaler);
}

bool check(ct_model *model, const Case &test) {
    constexpr size_t count = 3;
    std::vector<Picture *> inputs, byKernels, again, plain;
    for (size_t i = 0; i < count; ++i) {
        inputs.push_back(new Picture(test.input, false));
        draw(*inputs.back(), unsigned(i) + 7, test.endsWithCut && i + 1 == count);
        byKernels.push_back(new Picture(test.output, true));
        again.push_back(new Picture(test.output, false));
        plain.push_back(new Picture(test.output, false));
    }
    upscale(model, test, false, inputs, byKernels);
    upscale(model, test, false, inputs, again);
    upscale(model, test, true, inputs, plain);
    Difference off, repeated;
    for (size_t i = 0; i < count; ++i) {
        const auto one = difference(*byKernels[i], *plain[i]), two = difference(*byKernels[i], *again[i]);
        off.samples += one.samples;
        off.ones += one.ones;
        off.more += one.more;
        off.most = std::max(off.most, one.most);
        repeated.ones += two.ones + two.more;
    }
    for (auto *list : {&inputs, &byKernels, &again, &plain})
        for (Picture *picture : *list) delete picture;
    // Noise of its own in every picture leads motion astray, a hundredth of a pixel more or less.
    const double most = test.blend > 0 ? 0.05 : 0.02;
    const bool isCoarse = test.output.bit_depth <= 12;
    const bool isFine = off.more == 0 && (!isCoarse || double(off.ones) < most * double(off.samples)) && repeated.ones == 0;
    char problem[300] = "";
    expect(
        ct_upscaler_try(model, &test.input, &test.output, test.low, test.high, test.blend, problem, sizeof problem, words, sizeof words),
        "trying");
    if (*problem) std::printf("%-44s WRONG: before it is trusted: %s\n", test.name, problem);
    std::printf(
        "%-44s off by 1: %.4f %%, by more: %ld, at most %d; other bits the second time: %ld  %s\n", test.name,
        100.0 * double(off.ones) / double(off.samples), off.more, off.most, repeated.ones, isFine ? "ok" : "WRONG");
    std::fflush(stdout);
    return isFine && !*problem;
}

/// Three pictures in one call, one by one, and two by two, of which the last call lacks one; a picture whole, and in two tiles: the
/// same bits.
bool checkBatches(ct_model *model, int scale, int halo, int width, int height, int depth) {
    const ct_format small{width, height, CT_YUV, depth, 1, 1, 1, 0, 1, 0};
    ct_format large = small;
    large.width *= scale;
    large.height *= scale;
    const ct_tile whole{0, 0, small.width, small.height, 0, 0};
    const int half = small.width / 2, window = std::min(small.width, half + halo);
    const ct_tile parts[2] = {{0, 0, half, small.height, 0, 0}, {half, 0, small.width - half, small.height, small.width - window, 0}};
    const ct_plan plans[4] = {
        {3, small.width, small.height, &whole, 1}, {1, small.width, small.height, &whole, 1}, {2, small.width, small.height, &whole, 1},
        {1, window, small.height, parts, 2}};
    std::vector<Picture *> results[4];
    std::vector<Picture *> inputs;
    for (unsigned i = 0; i < 3; ++i) {
        inputs.push_back(new Picture(small, false));
        draw(*inputs.back(), i + 3);
    }
    for (int way = 0; way < 4; ++way) {
        ct_upscaler *upscaler = nullptr;
        expect(ct_upscaler_open(model, &small, &large, 0, 1, 0, CT_AROUND_BY_KERNELS, 3, &upscaler, words, sizeof words), "opening");
        std::vector<ct_input> given;
        std::vector<ct_output> wanted;
        for (size_t i = 0; i < 3; ++i) {
            results[way].push_back(new Picture(large, false));
            given.push_back(inputs[i]->as<ct_input>());
            given.back().number = int64_t(i);
            wanted.push_back(results[way].back()->as<ct_output>());
        }
        for (int i = 0; i < 3; i += plans[way].batch)
            expect(
                ct_upscale(upscaler, &plans[way], 4, &given[i], &wanted[i], std::min(plans[way].batch, 3 - i), words, sizeof words),
                "upscaling");
        ct_upscaler_close(upscaler);
    }
    long others[3] = {};
    for (int way = 1; way < 4; ++way)
        for (size_t i = 0; i < 3; ++i) {
            const auto off = difference(*results[0][i], *results[way][i]);
            others[way - 1] += off.ones + off.more;
        }
    for (auto *list : {&inputs, &results[0], &results[1], &results[2], &results[3]})
        for (Picture *picture : *list) delete picture;
    const bool isFine = others[0] == 0 && others[1] == 0 && others[2] == 0;
    std::printf(
        "other samples one by one: %ld, two by two: %ld, in tiles: %ld  %s\n", others[0], others[1], others[2], isFine ? "ok" : "WRONG");
    return isFine;
}

/// Of values that no half holds a network makes no picture, and that is to be found.
bool checkRefusal(ct_model *model, int scale) {
    const ct_format small{130, 70, CT_YUV, 8, 1, 1, 1, 0, 1, 0};
    ct_format large = small;
    large.width *= scale;
    large.height *= scale;
    Picture input(small, false), output(large, false);
    draw(input, 3);
    ct_upscaler *upscaler = nullptr;
    expect(ct_upscaler_open(model, &small, &large, 0, 1e6, 0, CT_AROUND_BY_KERNELS, 3, &upscaler, words, sizeof words), "opening");
    const ct_tile whole{0, 0, small.width, small.height, 0, 0};
    const ct_plan plan{1, small.width, small.height, &whole, 1};
    const auto given = input.as<ct_input>();
    const auto wanted = output.as<ct_output>();
    const bool isFine = ct_upscale(upscaler, &plan, 4, &given, &wanted, 1, words, sizeof words) == CT_BAD_OUTPUT;
    ct_upscaler_close(upscaler);
    std::printf("NaN and infinity are found  %s\n", isFine ? "ok" : "WRONG");
    return isFine;
}

/// The network itself against libtorch's convolutions, on values between 0 and 1.
bool checkNetwork(const char *device, const std::string &path, int scale) {
    constexpr int width = 201, height = 77;
    std::vector<float> input(3 * width * height), made[2];
    std::mt19937 random(5);
    for (size_t i = 0; i < input.size(); ++i) input[i] = float((i % width) % 50) / 70 + float(random() % 1000) / 5000;
    for (int own = 0; own < 2; ++own) {
        ct_model *model = nullptr;
        expect(ct_model_open(path.c_str(), scale, 1, device, 1, own, &model, words, sizeof words), "opening the model");
        made[own].resize(input.size() * size_t(scale * scale));
        expect(ct_model_evaluate(model, width, height, input.data(), made[own].data(), 4, words, sizeof words), "running the model");
        ct_model_close(model);
    }
    double off = 0, all = 0;
    for (size_t i = 0; i < made[0].size(); ++i) {
        off += std::pow(double(made[0][i]) - made[1][i], 2);
        all += std::pow(double(made[0][i]), 2);
    }
    const double relative = std::sqrt(off / all);
    std::printf("the network against libtorch's, both in halves: %.1e  %s\n", relative, relative < 2e-3 ? "ok" : "WRONG");
    return relative < 2e-3;
}

ct_format yuv(int width, int height, int depth, int shiftX, int shiftY, int location, int matrix = 1, int full = 0) {
    return {width, height, CT_YUV, depth, shiftX, shiftY, matrix, full, location, 0};
}

std::vector<Case> cases(int scale) {
    const auto large = [&](ct_format format) {
        format.width *= scale;
        format.height *= scale;
        return format;
    };
    std::vector<Case> result;
    const auto same = [&](const char *name, ct_format format) { result.push_back({name, format, large(format), 0}); };
    same("4:2:0, 8 bits, left", yuv(322, 182, 8, 1, 1, 1));
    same("4:2:0, 10 bits, left, BT.2020", yuv(320, 180, 10, 1, 1, 1, 9));
    same("4:2:0, 8 bits, centre, full range, BT.601", yuv(128, 66, 8, 1, 1, 2, 6, 1));
    same("4:2:0, 8 bits, top left", yuv(130, 70, 8, 1, 1, 3));
    same("4:2:0, odd sizes", yuv(131, 71, 8, 1, 1, 1));
    same("4:2:2, 10 bits", yuv(128, 64, 10, 1, 0, 1));
    same("4:4:4, 8 bits", yuv(97, 55, 8, 0, 0, 1));
    same("4:1:1, 8 bits", yuv(132, 60, 8, 2, 0, 1));
    same("4:2:0, 16 bits", yuv(64, 64, 16, 1, 1, 1));
    same("gray, 8 bits", {130, 70, CT_GRAY, 8, 0, 0, 1, 1, 0, 0});
    same("RGB, 8 bits", {130, 70, CT_RGB, 8, 0, 0, 0, 1, 0, 0});
    // The source's colours are held in cells of 8 x 8 and more samples, up to 15 x 15.
    same("4:2:0, lower than a cell", yuv(66, 6, 8, 1, 1, 1));
    same("4:2:0, narrower than a cell, odd", yuv(7, 23, 8, 1, 1, 1));
    same("4:2:0, one cell, the largest", yuv(15, 15, 8, 1, 1, 1));
    same("4:2:0, cells without a rest", yuv(256, 96, 8, 1, 1, 1));
    // Of those a network's last shuffle by four is spared.
    same("4:2:0, 8 bits, multiples of 8, centre", yuv(248, 64, 8, 1, 1, 2));
    same("4:2:0, 10 bits, multiples of 8", yuv(256, 72, 10, 1, 1, 1, 9));
    same("4:2:0, 8 bits, one cell", yuv(8, 8, 8, 1, 1, 1));
    auto shallow = large(yuv(240, 56, 10, 1, 1, 1));
    shallow.bit_depth = 8;
    result.push_back({"10 to 8 bits, multiples of 8, dithered", yuv(240, 56, 10, 1, 1, 1), shallow, 0});
    result.push_back({"values from -0.5 to 1.3, multiples of 8", yuv(128, 64, 8, 1, 1, 1), large(yuv(128, 64, 8, 1, 1, 1)), 0, false, -0.5, 1.3});
    result.push_back({"values from -0.5 to 1.3", yuv(130, 70, 8, 1, 1, 1), large(yuv(130, 70, 8, 1, 1, 1)), 0, false, -0.5, 1.3});
    auto eight = large(yuv(320, 180, 10, 1, 1, 1));
    eight.bit_depth = 8;
    result.push_back({"10 to 8 bits, dithered", yuv(320, 180, 10, 1, 1, 1), eight, 0});
    auto resized = large(yuv(320, 180, 8, 1, 1, 1));
    resized.width = resized.width * 3 / 4;
    resized.height = resized.height * 3 / 4;
    result.push_back({"resampled", yuv(320, 180, 8, 1, 1, 1), resized, 0});
    result.push_back({"blended", yuv(160, 90, 8, 1, 1, 1), large(yuv(160, 90, 8, 1, 1, 1)), 1});
    result.push_back({"blended, small", yuv(24, 20, 8, 1, 1, 1), large(yuv(24, 20, 8, 1, 1, 1)), 2});
    result.push_back({"blended, odd sizes", yuv(131, 71, 8, 1, 1, 1), large(yuv(131, 71, 8, 1, 1, 1)), 2});
    result.push_back({"blended up to a cut", yuv(160, 90, 8, 1, 1, 1), large(yuv(160, 90, 8, 1, 1, 1)), 2, true});
    return result;
}

}  // namespace

int main(int count, char **words_) {
    if (count < 3) {
        std::fprintf(stderr, "usage: device-check DEVICE MODEL:SCALE[:HALO]…\n");
        return 2;
    }
    char problem[1024];
    if (ct_device_kernels(words_[1], problem, sizeof problem) != CT_OK) {
        std::fprintf(stderr, "device-check: no kernels for %s: %s\n", words_[1], problem);
        return 3;
    }
    bool isFine = true;
    for (int i = 2; i < count; ++i) {
        const std::string argument = words_[i];
        const auto colon = argument.find(':');
        int scale = 0, halo = 20;
        if (colon != std::string::npos) std::sscanf(argument.c_str() + colon, ":%d:%d", &scale, &halo);
        const std::string path = argument.substr(0, colon);
        ct_model *model = nullptr;
        expect(
            ct_model_open(path == "nearest" ? nullptr : path.c_str(), scale, 1, words_[1], 1, 1, &model, words, sizeof words),
            "opening the model");
        const int own = ct_model_device_convolutions(model);
        std::printf("%s: %d convolutions in our kernels  %s\n", words_[i], own, path == "nearest" || own > 0 ? "ok" : ct_model_kernels_problem(model));
        isFine = isFine && (path == "nearest" || own > 0);
        for (const Case &test : cases(scale)) isFine = check(model, test) && isFine;
        if (path != "nearest") isFine = checkNetwork(words_[1], path, scale) && isFine;
        isFine = checkBatches(model, scale, halo, 122 + 2 * halo, 90, 8) && isFine;
        // Of multiples of 8 a last shuffle by four is spared.
        isFine = checkBatches(model, scale, halo, (128 + 2 * halo + 7) / 8 * 8, 96, 16) && isFine;
        if (path != "nearest") isFine = checkRefusal(model, scale) && isFine;
        ct_model_close(model);
    }
    return isFine ? 0 : 1;
}
