// A convolution to be tried, and its numbers.
#pragma once
#include <cuda_fp16.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

enum class Kernel { first, ampere, dense };

struct Case {
    Kernel kernel;
    int width, height, batch;
    /// Channels of each of the pictures that are read as if they were concatenated.
    std::vector<int> inputs;
    int outputs;
    int bases = 0;

    int channels() const {
        int sum = 0;
        for (int one : inputs) sum += one;
        return sum;
    }
    int stored() const { return (outputs + 7) / 8 * 8; }
    size_t pixels() const { return size_t(batch) * size_t(height) * size_t(width); }
    /// Of a value among those of a picture of so many channels: [batch, height, width, channels], or, for the first convolution, planes.
    size_t at(int n, int y, int x, int channel, int all) const {
        const int64_t row = kernel == Kernel::first ? (int64_t(n) * all + channel) * height + y : int64_t(n) * height + y;
        return size_t(kernel == Kernel::first ? row * width + x : (row * width + x) * all + channel);
    }
    /// Its last picture alone, from a pixel on.
    Case cropped(int x, int y) const {
        Case result = *this;
        result.width -= x;
        result.height -= y;
        result.batch = 1;
        return result;
    }
};

struct Numbers {
    std::vector<std::vector<__half>> pictures, bases;
    std::vector<__half> weights;  // [output][input][3][3]
    std::vector<float> bias, slope, factors = {0.2f, -0.7f};

    explicit Numbers(const Case &test) {
        std::mt19937 random(unsigned(test.width * 7 + test.outputs));
        const auto halves = [&](size_t count, double range) {
            std::vector<__half> result(count);
            for (auto &one : result) one = __half((double(random()) / 2147483648.0 - 1) * range);
            return result;
        };
        for (int channels : test.inputs) pictures.push_back(halves(test.pixels() * size_t(channels), 1));
        for (int i = 0; i < test.bases; ++i) bases.push_back(halves(test.pixels() * size_t(test.outputs), 1));
        weights = halves(size_t(test.outputs * test.channels()) * 9, 0.1);
        for (int i = 0; i < test.outputs; ++i) {
            bias.push_back(float(i % 7) * 0.1f - 0.3f);
            slope.push_back(float(i % 5) * 0.15f - 0.1f);
        }
        // What is no number must not get further than what is computed from it.
        if (test.batch > 1) pictures[0][pictures[0].size() * 5 / 6] = __half(std::numeric_limits<float>::quiet_NaN());
    }

    /// Those of `test.cropped`.
    Numbers cropped(const Case &test, int left, int top) const {
        Numbers result = *this;
        const Case part = test.cropped(left, top);
        const auto crop = [&](std::vector<__half> &values, int channels) {
            std::vector<__half> kept(part.pixels() * size_t(channels));
            for (int y = 0; y < part.height; ++y)
                for (int x = 0; x < part.width; ++x)
                    for (int c = 0; c < channels; ++c)
                        kept[part.at(0, y, x, c, channels)] = values[test.at(test.batch - 1, top + y, left + x, c, channels)];
            values = kept;
        };
        for (size_t i = 0; i < pictures.size(); ++i) crop(result.pictures[i], test.inputs[i]);
        for (auto &base : result.bases) crop(base, test.outputs);
        return result;
    }
};
