#include "Finishing.h"

#include <algorithm>
#include <vector>

#include "Between.h"
#include "Pixels.h"
#include "Rows.h"

namespace ct::cpu {
namespace {

CT_EVERY_WIDTH void addTo(float *sums, const float *row, int64_t count) {
    for (int64_t i = 0; i < count; ++i) sums[i] += row[i];
}

/// row[i] + before + step · part[i], held between the two.
CT_EVERY_WIDTH void lift(
    float *row, const float *part, float before, float step, float least, float greatest, int64_t count) {
    for (int64_t i = 0; i < count; ++i) row[i] = std::min(greatest, std::max(least, row[i] + (before + step * part[i])));
}

/// `sums` and the weighted colours of a row.
CT_EVERY_WIDTH void addColours(
    float *sums, const float *red, const float *green, const float *blue, const CodeMix &mix, float weight,
    int64_t count) {
    const float r = mix.red * weight, g = mix.green * weight, b = mix.blue * weight;
    for (int64_t i = 0; i < count; ++i) sums[i] += red[i] * r + green[i] * g + blue[i] * b;
}

template <typename Code>
CT_INLINE void cut(Code *to, const float *values, const float *noise, const CodeMix &mix, int64_t count) {
    const float most = mix.highest + 0.5f;
    for (int64_t i = 0; i < count; ++i) {
        const float value = values[i] + (mix.offset + (noise ? noise[i] : 0));
        to[i] = Code(int32_t(std::min(most, std::max(0.0f, value))));
    }
}

CT_EVERY_WIDTH void cutRow(
    const CodePlane &plane, int64_t y, int64_t x, const float *values, const float *noise, const CodeMix &mix,
    int64_t count) {
    char *const row = static_cast<char *>(plane.samples) + y * plane.stride;
    if (plane.isWide) cut(reinterpret_cast<uint16_t *>(row) + x, values, noise, mix, count);
    else cut(reinterpret_cast<uint8_t *>(row) + x, values, noise, mix, count);
}

/// A row at a fraction of its samples.
void thin(const std::vector<float> &row, const std::vector<Tap> &taps, int64_t factor, std::vector<float> &to) {
    const int64_t last = int64_t(row.size()) - 1;
    for (size_t i = 0; i < to.size(); ++i) {
        float sum = 0;
        for (const Tap &tap : taps)
            sum += row[size_t(std::clamp<int64_t>(int64_t(i) * factor + tap.offset, 0, last))] * float(tap.weight);
        to[i] = sum;
    }
}

/// What the source's samples exceed the means of the result's by, which stand for them.
at::Tensor lacking(const at::Tensor &rgb, const at::Tensor &source) {
    const int64_t height = source.size(1), width = source.size(2), scale = rgb.size(1) / height;
    auto result = at::empty_like(source, at::MemoryFormat::Contiguous);
    const auto own = source.contiguous();
    const float share = 1 / float(scale * scale);
    eachRow(3 * height, [&](int64_t first, int64_t end) {
        std::vector<float> sums(size_t(width * scale));
        for (int64_t row = first; row < end; ++row) {
            const float *from = rgb.data_ptr<float>() + row * scale * width * scale;
            std::copy(from, from + sums.size(), sums.begin());
            for (int64_t k = 1; k < scale; ++k) addTo(sums.data(), from + k * int64_t(sums.size()), int64_t(sums.size()));
            const float *wanted = own.data_ptr<float>() + row * width;
            float *to = result.data_ptr<float>() + row * width;
            for (int64_t x = 0; x < width; ++x) {
                float sum = 0;
                for (int64_t k = 0; k < scale; ++k) sum += sums[size_t(x * scale + k)];
                to[x] = wanted[x] - sum * share;
            }
        }
    });
    return result;
}

}  // namespace

void hold(const at::Tensor &rgb, const at::Tensor &source) {
    constexpr int64_t cell = 8;
    const int64_t height = rgb.size(1), width = rgb.size(2);
    const auto shift = at::adaptive_avg_pool2d(
        lacking(rgb, source), {std::max<int64_t>(1, source.size(1) / cell), std::max<int64_t>(1, source.size(2) / cell)})
                           .contiguous();
    const auto least = source.amin({1, 2}).contiguous(), greatest = source.amax({1, 2}).contiguous();
    const int64_t rows = shift.size(1), columns = shift.size(2);
    const Between down(height, rows), across(width, columns);
    eachRow(3 * height, [&](int64_t first, int64_t end) {
        std::vector<float> between(static_cast<size_t>(columns));
        for (int64_t row = first; row < end; ++row) {
            const size_t channel = size_t(row / height), y = size_t(row % height);
            const float *cells = shift.data_ptr<float>() + int64_t(channel) * rows * columns;
            const float *const above = cells + down.before[y] * columns, *const below = cells + down.after[y] * columns;
            for (size_t x = 0; x < between.size(); ++x) between[x] = above[x] + (below[x] - above[x]) * down.part[y];
            float *const to = rgb.data_ptr<float>() + row * width;
            for (const auto &run : across.runs) {
                const float before = between[size_t(run.before)], step = between[size_t(run.after)] - before;
                lift(
                    to + run.start, across.part.data() + run.start, before, step, least.data_ptr<float>()[channel],
                    greatest.data_ptr<float>()[channel], run.end - run.start);
            }
        }
    });
}

void writeCodes(
    const at::Tensor &rgb, const CodeMix &mix, const Siting &across, const Siting &down, const Noise &noise,
    const CodePlane &plane) {
    const int64_t height = rgb.size(1), width = rgb.size(2);
    const int64_t rows = (height + down.factor - 1) / down.factor, columns = (width + across.factor - 1) / across.factor;
    const auto vertical = taps(down), horizontal = taps(across);
    const float *const colours = rgb.data_ptr<float>();
    eachRow(rows, [&](int64_t first, int64_t end) {
        std::vector<float> wide(static_cast<size_t>(width)), narrow(static_cast<size_t>(columns));
        for (int64_t y = first; y < end; ++y) {
            std::fill(wide.begin(), wide.end(), 0.0f);
            for (const Tap &tap : vertical) {
                const float *row = colours + std::clamp<int64_t>(y * down.factor + tap.offset, 0, height - 1) * width;
                addColours(
                    wide.data(), row, row + height * width, row + 2 * height * width, mix, float(tap.weight), width);
            }
            if (across.factor > 1) thin(wide, horizontal, across.factor, narrow);
            const float *const values = across.factor > 1 ? narrow.data() : wide.data();
            if (!noise.table) {
                cutRow(plane, y, 0, values, nullptr, mix, columns);
                continue;
            }
            const float *own = noise.table->data_ptr<float>() + (y + rows - noise.down) % rows * columns;
            cutRow(plane, y, 0, values, own + columns - noise.right, mix, noise.right);
            cutRow(plane, y, noise.right, values + noise.right, own, mix, columns - noise.right);
        }
    });
}

}  // namespace ct::cpu
