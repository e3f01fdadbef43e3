// Runs the kernels around the network on the CPU: what is made ahead of a network's last shuffle is held against what is made behind it, the blend's
// mixing against direct sums in double precision. See scripts/emulate_kernels.sh.
#include <algorithm>
#include <cstdio>

#include <Warps.h>

#include "Codes.h"
#include "Memory.h"
#include "Numbers.h"
#include "Unshuffled.h"

// Their names are each file's own.
namespace cells {
#include "Cells.cu"
}
namespace finishing {
#include "FromRGB.cu"
}
namespace mixing {
#include "Mixing.cu"
}
namespace shuffling {
#include "Shuffle.cu"
}
namespace unshuffled {
#include "Unshuffled.cu"
}

namespace {

using namespace ct::kernels;
using emulation::Memory;
using emulation::Order;

constexpr unsigned threads = 128;
std::mt19937 numbers(1);

template <typename Value>
std::vector<Value> random(size_t count, double low, double high) {
    std::vector<Value> result(count);
    for (auto &one : result) one = Value(low + (high - low) * double(numbers()) / 4294967296.0);
    return result;
}

unsigned blocks(int size, int each) { return unsigned((size + each - 1) / each); }

/// A picture ahead of its shuffle, and behind it.
struct Made {
    int width, height;
    Memory<__half> values, base, rgb;
    Memory<float> source;

    Made(int width, int height)
        : width(width), height(height), values(random<__half>(size_t(48 * width * height), -0.1, 0.1)),
          base(random<__half>(size_t(3 * width * height), 0, 1)), rgb(size_t(48 * width * height)),
          source(random<float>(size_t(3 * width * height), 0, 1)) {
        emulation::launch({blocks(width, threads), unsigned(height)}, threads, {Order::upwards, true}, [&] {
            shuffling::shuffle(values.values, base.values, rgb.values, 4, 48, width, height);
        });
    }
    UnshuffledPicture unshuffled() const { return {values.values, base.values, 48, width, height}; }
    int rows() const { return std::max(1, height / 8); }
    int columns() const { return std::max(1, width / 8); }

    /// [4, 3, rows, columns].
    Memory<float> measured(bool isUnshuffled) const {
        Memory<float> result(size_t(12 * rows() * columns()));
        const CellsTask task{rgb.values, source.values, result.values, 4, width, height, rows(), columns()};
        const Dimensions grid{blocks(columns(), 4), unsigned(rows()), isUnshuffled ? 1u : 3u};
        const auto from = unshuffled();
        emulation::launch(grid, threads, {Order::upwards, true}, [&] { isUnshuffled ? cells::cells_unshuffled(task, from) : cells::cells_half(task); });
        return result;
    }
};

/// Three planes of 4:2:0, with as much beside each row as a device's have.
struct Planes {
    std::vector<Memory<uint16_t>> memory;
    CodePlanes codes = {};

    Planes(int width, int height, bool isWide, const float *noise) {
        for (int i = 0; i < 3; ++i) {
            CodePlane &plane = codes.planes[i];
            plane.width = i > 0 ? width / 2 : width;
            plane.height = i > 0 ? height / 2 : height;
            plane.stride = (plane.width + 63) / 64 * 64;
            memory.emplace_back(size_t(plane.stride * plane.height));
            plane.samples = memory.back().values;
            plane.isWide = isWide;
            plane.highest = isWide ? 1023 : 255;
            const float most = plane.highest, mixes[3][3] = {{0.2f, 0.7f, 0.1f}, {-0.1f, -0.4f, 0.5f}, {0.5f, -0.45f, -0.05f}};
            for (int channel = 0; channel < 3; ++channel) plane.mix[channel] = mixes[i][channel] * most;
            plane.offset = i > 0 ? most / 2 : 0.5f;
            plane.noise = noise;
            plane.noiseDown = plane.height / 3;
            plane.noiseRight = plane.width / 5;
        }
    }
    int at(int plane, int x, int y) const {
        const CodePlane &p = codes.planes[plane];
        return p.isWide ? static_cast<const uint16_t *>(p.samples)[y * p.stride + x] : static_cast<const uint8_t *>(p.samples)[y * p.stride + x];
    }
};

struct Difference {
    long samples = 0, ones = 0, more = 0;
    /// Where a sum is rounded.
    bool isFine() const { return more == 0 && ones * 500 <= samples; }
};

Difference difference(const Planes &one, const Planes &other) {
    Difference result;
    for (int plane = 0; plane < 3; ++plane)
        for (int y = 0; y < one.codes.planes[plane].height; ++y)
            for (int x = 0; x < one.codes.planes[plane].width; ++x, ++result.samples) {
                const int off = std::abs(one.at(plane, x, y) - other.at(plane, x, y));
                result.ones += off == 1;
                result.more += off > 1;
            }
    return result;
}

bool checkUnshuffled(int width, int height, bool isWide, bool isDithered, bool isCentred) {
    const Made made(width, height);
    const auto behind = made.measured(false), ahead = made.measured(true);
    const bool areCells = std::equal(behind.values, behind.values + behind.count, ahead.values);
    const Memory<float> least(std::vector<float>(3, 0.05f)), greatest(std::vector<float>(3, 0.9f));
    const Memory<float> noise(random<float>(size_t(16 * width * height), 0, 1));
    const int rows = made.rows(), columns = made.columns();
    const FinishedPicture picture{
        made.rgb.values, 4 * width, 4 * height, ahead.values, rows, columns, float(rows) / float(4 * height), float(columns) / float(4 * width),
        least.values, greatest.values};
    const Planes one(4 * width, 4 * height, isWide, isDithered ? noise.values : nullptr), other(4 * width, 4 * height, isWide, isDithered ? noise.values : nullptr);
    const auto from = made.unshuffled();
    emulation::launch({blocks(4 * width, threads * 8), unsigned(2 * height)}, threads, {Order::upwards, true}, [&] {
        finishing::halved_half(picture, one.codes, isCentred);
    });
    emulation::launch({blocks(width, 31 * 4), unsigned(height)}, threads, {Order::anyhow, true}, [&] {
        unshuffled::halved_unshuffled(picture, from, other.codes, isCentred);
    });
    const auto codes = difference(one, other);
    const bool isWhole = std::all_of(other.memory.begin(), other.memory.end(), [](const auto &memory) { return memory.isWhole(); });
    const bool isFine = areCells && codes.isFine() && isWhole;
    std::printf(
        "unshuffled %3d x %-3d %2d bits%s%s: cells: %s, codes off by 1: %ld of %ld, by more: %ld  %s\n", width, height, isWide ? 10 : 8,
        isDithered ? ", dithered" : "", isCentred ? ", centred" : "", areCells ? "the same" : "OTHERS", codes.ones, codes.samples, codes.more,
        isFine ? "ok" : "WRONG");
    return isFine;
}

/// What is made in other ways of one picture: in single samples, and where the correction grows evenly.
bool checkEven(int width, int height) {
    const Made made(width, height);
    const auto cells = made.measured(false);
    const Memory<float> least(std::vector<float>(3, 0.05f)), greatest(std::vector<float>(3, 0.9f));
    const int large = 4 * width, tall = 4 * height, rows = made.rows(), columns = made.columns();
    const FinishedPicture picture{
        made.rgb.values, large, tall, cells.values, rows, columns, float(rows) / float(tall), float(columns) / float(large), least.values,
        greatest.values};
    const Memory<float> one(size_t(3 * large * tall)), other(size_t(3 * large * tall));
    const Planes single(large, tall, true, nullptr), even(large, tall, true, nullptr);
    const unsigned across = blocks(large, threads * 8);
    const auto run = [](Dimensions grid, const std::function<void()> &kernel) { emulation::launch(grid, threads, {Order::upwards, true}, kernel); };
    run({across, unsigned(tall), 3}, [&] { finishing::lift_half(picture, one.values); });
    run({across, unsigned(tall), 3}, [&] { finishing::lift_even(picture, other.values); });
    run({across, unsigned(tall / 2)}, [&] { finishing::halved_half(picture, single.codes, 0); });
    run({across, unsigned(tall / 2)}, [&] { finishing::halved_even(picture, even.codes, 0); });
    double most = 0;
    for (size_t i = 0; i < one.count; ++i) {
        const double off = std::abs(one.values[i] - other.values[i]);
        if (!(off <= most)) most = off;
    }
    const auto codes = difference(single, even);
    const bool isFine = most < 1e-6 && codes.isFine() && other.isWhole();
    std::printf(
        "even %3d x %-3d: off by %.1e at most, codes off by 1: %ld of %ld, by more: %ld  %s\n", width, height, most, codes.ones, codes.samples,
        codes.more, isFine ? "ok" : "WRONG");
    return isFine;
}

/// The same sums in double precision.
struct Mixed {
    const MixTask &task;

    double held(const float *plane, int x, int y) const {
        return plane[std::clamp(y, 0, task.height - 1) * task.width + std::clamp(x, 0, task.width - 1)];
    }
    double between(const float *plane, int x, int y) const {
        const double column = std::max((x + 0.5) * task.smallWidth / task.width - 0.5, 0.0), row = std::max((y + 0.5) * task.smallHeight / task.height - 0.5, 0.0);
        const int left = int(column), top = int(row), right = std::min(left + 1, task.smallWidth - 1), bottom = std::min(top + 1, task.smallHeight - 1);
        const auto line = [&](int at) { return plane[at * task.smallWidth + left] * (1 - column + left) + plane[at * task.smallWidth + right] * (column - left); };
        return line(top) * (1 - row + top) + line(bottom) * (row - top);
    }
    static double weight(double x) {
        const double a = -0.75, t = std::abs(x);
        return t < 1 ? ((a + 2) * t - (a + 3)) * t * t + 1 : t < 2 ? ((t - 5) * t + 8) * t * a - 4 * a : 0;
    }
    double at(int channel, int x, int y) const {
        const int64_t plane = int64_t(task.width) * task.height;
        double low = held(task.own + channel * plane, x, y), high = low, sum = low, weights = 1;
        for (int j = -task.reach; j <= task.reach; ++j)
            for (int i = -task.reach; i <= task.reach; ++i) {
                low = std::min(low, held(task.own + channel * plane, x + i, y + j));
                high = std::max(high, held(task.own + channel * plane, x + i, y + j));
            }
        for (int n = 0; n < task.count; ++n) {
            const MixNeighbour &other = task.neighbours[n];
            const double share = between(other.weight, x, y) * *other.gate;
            if (share <= 0) continue;
            const double farX = x + between(other.flow, x, y) * task.width / task.smallWidth;
            const double farY = y + between(other.flow + task.smallWidth * task.smallHeight, x, y) * task.height / task.smallHeight;
            double found = 0;
            for (int j = -1; j <= 2; ++j)
                for (int i = -1; i <= 2; ++i) {
                    const int column = int(std::floor(farX)) + i, row = int(std::floor(farY)) + j;
                    found += held(other.result + channel * plane, column, row) * weight(farX - column) * weight(farY - row);
                }
            sum += std::clamp(found, low, high) * share;
            weights += share;
        }
        return sum / weights;
    }
};

bool checkMixing(int smallWidth, int smallHeight, int scale, int count) {
    const int width = smallWidth * scale, height = smallHeight * scale;
    const size_t small = size_t(smallWidth * smallHeight), large = 3 * size_t(width * height);
    const Memory<float> own(random<float>(large, 0, 1)), made(large), gates(std::vector<float>{1, 1, 0, 1});
    std::vector<Memory<float>> kept;
    const auto keep = [&](std::vector<float> values) { return kept.emplace_back(values).values; };
    MixTask task = {};
    task.own = own.values;
    task.to = made.values;
    task.width = width;
    task.height = height;
    task.smallWidth = smallWidth;
    task.smallHeight = smallHeight;
    task.smallAColumn = float(smallWidth) / float(width);
    task.smallARow = float(smallHeight) / float(height);
    task.columnsASmall = task.rowsASmall = float(scale);
    task.reach = std::max(1, scale / 2);
    for (task.count = 0; task.count < count; ++task.count) {
        auto weights = random<float>(small, -0.3, 1);
        for (auto &one : weights) one = std::max(one, 0.f);
        const double far = task.count == 3 ? 20 : 1.5;  // beyond the borders, too
        const float *const result = keep(random<float>(large, 0, 1)), *const flow = keep(random<float>(2 * small, -far, far));
        task.neighbours[task.count] = {result, flow, keep(weights), gates.values + task.count};
    }
    emulation::dynamicMemory.assign(size_t(MixTask::sharedBytes(task.reach)), 0xff);
    emulation::launch({blocks(width, task.across), blocks(height, task.down)}, 256, {Order::anyhow, true}, [&] {
        task.reach == 2 ? mixing::mix_two(task) : task.reach == 1 ? mixing::mix_one(task) : mixing::mix_any(task);
    });
    double most = 0;
    const Mixed expected{task};
    for (int channel = 0; channel < 3; ++channel)
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x) {
                const double off = std::abs(made.values[(channel * height + y) * width + x] - expected.at(channel, x, y));
                if (!(off <= most)) most = off;
            }
    const bool isFine = most < 1e-4 && made.isWhole();
    std::printf("mix %3d x %-3d x%d, %d neighbours: off by %.1e at most  %s\n", smallWidth, smallHeight, scale, count, most, isFine ? "ok" : "WRONG");
    return isFine;
}

}  // namespace

int main() {
    emulation::expectFaults();
    bool isFine = true;
    for (const auto [width, height] : {std::pair{8, 8}, {40, 16}, {128, 8}, {248, 8}})
        for (int kind = 0; kind < 4; ++kind) isFine = checkUnshuffled(width, height, kind % 2 == 1, kind == 3, kind >= 2) && isFine;
    for (const auto [width, height] : {std::pair{8, 8}, {40, 16}, {264, 8}}) isFine = checkEven(width, height) && isFine;
    for (const int scale : {1, 2, 3, 4, 8})
        for (const auto [width, height] : {std::pair{2, 2}, {17, 9}, {24, 13}}) isFine = checkMixing(width, height, scale, width == 2 ? 1 : 4) && isFine;
    return isFine ? 0 : 1;
}
