// Runs the kernels of warp-wide products on the CPU and holds them against direct sums in double precision: scripts/emulate_kernels.sh.
// What it cannot see: how fast they are, and what a device does otherwise than NVIDIA's description of its instructions says.
#include <algorithm>
#include <cstdio>

#include "Ampere.cu"
#include "Case.h"
#include "Dense.cu"
#include "Memory.h"
#include "Packing.h"
#include "Reference.h"

namespace {

using ct::kernels::DenseTask;
using emulation::Memory;
using emulation::Order;

/// A case's numbers on the device.
struct Device {
    std::vector<Memory<__half>> pictures, bases;
    Memory<__half> weights, to;
    Memory<float> bias, slope;

    Device(const Case &test, const Numbers &numbers, int outputs)
        : weights(packed(test, numbers, outputs)), to(test.pixels() * size_t(test.stored())), bias(filledUp(numbers.bias, outputs)),
          slope(filledUp(numbers.slope, outputs)) {
        for (const auto &picture : numbers.pictures) pictures.emplace_back(picture);
        for (const auto &base : numbers.bases) bases.emplace_back(base);
    }

    static std::vector<float> filledUp(std::vector<float> values, int count) {
        values.resize(size_t(count));
        return values;
    }

    static std::vector<__half> packed(const Case &test, const Numbers &numbers, int outputs) {
        if (test.kernel == Kernel::first) return numbers.weights;
        const auto weight = [&](int64_t output, int64_t input, int tap) {
            return output < test.outputs ? numbers.weights[size_t((output * test.channels() + input) * 9 + tap)] : __half(0);
        };
        std::vector<__half> result(size_t(9 * test.channels() * outputs));
        if (test.kernel == Kernel::dense) ct::packDense(result.data(), test.channels(), outputs, weight);
        else ct::packForAmpere(result.data(), weight);
        return result;
    }

    DenseTask task(const Case &test, const Numbers &numbers, int outputs) const {
        DenseTask task = {};
        for (const auto &picture : pictures) {
            task.pictures[task.count] = picture.values;
            task.channels[task.count] = test.inputs[size_t(task.count)];
            ++task.count;
        }
        for (size_t i = 0; i < bases.size(); ++i) {
            task.bases[i] = bases[i].values;
            task.factors[i] = numbers.factors[i];
        }
        task.take(test.batch, test.height, test.width, outputs);
        task.weights = weights.values;
        task.bias = bias.values;
        task.slope = slope.values;
        task.to = to.values;
        task.stored = test.stored();
        return task;
    }
};

/// - Returns: [batch, height, width, stored].
std::vector<__half> run(const Case &test, const Numbers &numbers, unsigned grid, Order order) {
    const int outputs = test.kernel == Kernel::dense ? ct::denseOutputs(test.outputs) : 64;
    const Device device(test, numbers, outputs);
    const auto launch = [&](int threads, int shared, const std::function<void()> &kernel) {
        emulation::dynamicMemory.assign(size_t(shared), 0xff);
        emulation::launch({grid}, unsigned(threads), order, kernel);
    };
    const __half *const picture = device.pictures[0].values;
    const float *const bias = device.bias.values, *const slope = device.slope.values;
    if (test.kernel == Kernel::dense) {
        const auto task = device.task(test, numbers, outputs);
        const auto kernel = outputs == 64 ? dense3x3_64 : outputs == 32 ? dense3x3_32 : dense3x3_16;
        launch(DenseTask::threads, DenseTask::sharedBytes(outputs), [&] { kernel(task); });
    } else if (test.kernel == Kernel::first) {
        launch(256, 0, [&] {
            conv_first_sm80(picture, device.to.values, device.weights.values, bias, slope, test.width, test.height, test.batch);
        });
    } else {
        const auto *const weights = reinterpret_cast<const uint4 *>(device.weights.values);
        launch(256, kSlots * kRow + 128, [&] {
            conv3x3_sm80(picture, device.to.values, weights, bias, slope, test.width, test.height, test.batch, test.stored());
        });
    }
    if (!device.to.isWhole()) emulation::fail("something beside the result was written to");
    return {device.to.values, device.to.values + device.to.count};
}

bool isSame(const __half *one, const __half *other, int count) {
    for (int i = 0; i < count; ++i)
        if (std::memcmp(one + i, other + i, sizeof(__half)) != 0 && !(std::isnan(float(one[i])) && std::isnan(float(other[i])))) return false;
    return true;
}

/// Whether the last picture alone, beginning elsewhere, gives the same bits, but for the pixels that have other ones beside them.
bool isSameElsewhere(const Case &test, const Numbers &numbers, const std::vector<__half> &all) {
    const int left = std::min(5, test.width - 1), top = std::min(3, test.height - 1), stored = test.stored();
    const Case part = test.cropped(left, top);
    const auto made = run(part, numbers.cropped(test, left, top), 2, {Order::anyhow, false});
    const __half *const last = all.data() + size_t(test.batch - 1) * size_t(test.width) * size_t(test.height) * size_t(stored);
    for (int y = top > 0; y < part.height; ++y)
        for (int x = left > 0; x < part.width; ++x) {
            const __half *const whole = last + ((top + y) * test.width + left + x) * stored;
            if (!isSame(whole, made.data() + (y * part.width + x) * stored, test.outputs)) return false;
        }
    return true;
}

struct Differences {
    long wrong = 0;
    /// Of what a sum may be off.
    double most = 0;

    Differences(const Case &test, const Numbers &numbers, const std::vector<__half> &made) {
        const Reference reference(test, numbers);
        const __half *at = made.data();
        for (int n = 0; n < test.batch; ++n)
            for (int y = 0; y < test.height; ++y)
                for (int x = 0; x < test.width; ++x, at += test.stored())
                    for (int output = 0; output < test.outputs; ++output) add(double(at[output]), reference.at(n, y, x, output));
    }

    void add(double value, const Expected &expected) {
        const double off = std::abs(value - expected.value);
        wrong += std::isnan(expected.value) ? !std::isnan(value) : !(off <= expected.most);
        if (!std::isnan(off)) most = std::max(most, off / expected.most);
    }
};

bool check(const Case &test) {
    std::string inputs;
    for (int one : test.inputs) inputs += (inputs.empty() ? "" : "+") + std::to_string(one);
    const char *const names[] = {"conv_first_sm80", "conv3x3_sm80", "dense3x3"};
    std::printf(
        "%-15s %3d x %-3d batch %d, %s to %d, bases: %d; ", names[int(test.kernel)], test.width, test.height, test.batch, inputs.c_str(),
        test.outputs, test.bases);
    std::fflush(stdout);
    const Numbers numbers(test);
    const auto one = run(test, numbers, 1, {Order::upwards, true}), other = run(test, numbers, 5, {Order::downwards, false});
    const Differences differences(test, numbers, one);
    const bool areBlocks = isSame(one.data(), other.data(), int(one.size())), arePlaces = isSameElsewhere(test, numbers, one);
    const bool isFine = differences.wrong == 0 && areBlocks && arePlaces;
    std::printf(
        "wrong: %ld of %zu, off by %.2f of what may be; other blocks: %s bits, elsewhere: %s  %s\n", differences.wrong,
        test.pixels() * size_t(test.outputs), differences.most, areBlocks ? "the same" : "OTHER", arePlaces ? "the same" : "OTHER",
        isFine ? "ok" : "WRONG");
    std::fflush(stdout);
    return isFine;
}

const Case cases[] = {
    {Kernel::first, 1, 1, 1, {3}, 64},
    {Kernel::first, 67, 11, 3, {3}, 64},
    {Kernel::ampere, 1, 1, 1, {64}, 64},
    {Kernel::ampere, 65, 3, 3, {64}, 48},
    {Kernel::ampere, 131, 9, 1, {64}, 64},
    {Kernel::dense, 1, 1, 1, {16}, 32},
    {Kernel::dense, 1, 1, 3, {64, 32}, 64, 1},
    {Kernel::dense, 5, 3, 1, {64}, 32},
    {Kernel::dense, 37, 1, 1, {32, 64}, 32, 2},
    {Kernel::dense, 1, 35, 1, {64}, 64},
    {Kernel::dense, 32, 16, 1, {64, 32, 32}, 32},
    {Kernel::dense, 33, 17, 3, {64, 32, 32, 32}, 32},
    {Kernel::dense, 16, 16, 1, {64, 32, 32, 32, 32}, 64, 2},
    {Kernel::dense, 35, 19, 3, {64, 32, 32, 32, 32}, 64, 1},
    {Kernel::dense, 70, 50, 1, {16}, 24, 1},
    {Kernel::dense, 31, 33, 1, {16, 48, 16, 16, 16, 16, 16, 16}, 48, 2},
    {Kernel::dense, 67, 21, 3, {64}, 3},
    {Kernel::dense, 40, 20, 1, {32}, 16, 1},
};

}  // namespace

int main() {
    emulation::expectFaults();
    bool isFine = true;
    for (const Case &test : cases) isFine = check(test) && isFine;
    return isFine ? 0 : 1;
}
