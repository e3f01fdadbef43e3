// Winograd's minimal filtering F(6x6, 3x3) (Winograd 1980; Lavin, Gray: Fast Algorithms for Convolutional Neural Networks, 2015): 6x6
// results need 8x8 inputs, transformed, times as many transformed weights, summed over the channels: 64 multiplications where 324 were.
// Blocks of tiles go through all three steps while they are in the cache (of 64 channels 400 KB). Every sum is taken in one order,
// whatever the width of vectors.

namespace {

constexpr int tile = 6, patch = 8, positions = patch * patch;
/// Of a block: few enough to stay in the second-level cache, enough to read the weights seldom; from 12 to 72 it hardly matters.
constexpr int64_t tiles = 24;

/// Bᵀ d, in place.
inline void transformInput(Vector (&d)[8]) {
    const Vector even1 = fma(d[4], -4.25f, d[2] + d[6]), odd1 = fma(d[3], -4.25f, d[1] + d[5]);
    const Vector even2 = fma(d[4], -1.25f, fma(d[2], 0.25f, d[6]));
    const Vector odd2 = fma(d[5], 2.0f, fma(d[3], -2.5f, d[1] * 0.5f));
    const Vector even3 = fma(fma(d[4], -1.25f, d[2]), 4.0f, d[6]);
    const Vector odd3 = fma(d[5], 0.5f, fma(d[3], -2.5f, d[1] * 2.0f));
    d[0] = fma(d[4] - d[2], 5.25f, d[0] - d[6]);
    d[7] = fma(d[3] - d[5], 5.25f, d[7] - d[1]);
    d[1] = even1 + odd1;
    d[2] = even1 - odd1;
    d[3] = even2 + odd2;
    d[4] = even2 - odd2;
    d[5] = even3 + odd3;
    d[6] = even3 - odd3;
}

/// Aᵀ m: the first six.
inline void transformOutput(Vector (&m)[8]) {
    const Vector s1 = m[1] + m[2], d1 = m[1] - m[2], s2 = m[3] + m[4], d2 = m[3] - m[4], s3 = m[5] + m[6],
                 d3 = m[5] - m[6];
    m[0] = fma(s3, 32.0f, m[0] + s1 + s2);
    m[1] = fma(d3, 16.0f, fma(d2, 2.0f, d1));
    m[2] = fma(s3, 8.0f, fma(s2, 4.0f, s1));
    m[3] = fma(d3, 4.0f, fma(d2, 8.0f, d1));
    m[4] = fma(s3, 2.0f, fma(s2, 16.0f, s1));
    m[5] = fma(d2, 32.0f, d1) + d3 + m[7];
}

/// How a block lies in the scratch memory: positions, in each a line for every tile, in that a value a channel; and the tiles of the task.
struct Layout {
    int64_t in, out, line, position, across, down, count;

    explicit Layout(const ct::ConvolutionTask &task)
        : in(whole(task.in)), out(whole(task.out)), line(std::max(in, out)),
          // A line of the cache more, or every position falls on the same places of it.
          position(tiles * line + 16), across((task.width + tile - 1) / tile), down((task.height + tile - 1) / tile),
          count(task.pictures * across * down) {}
};

/// A tile: its picture's first sample among those of all pictures, and where its results begin.
struct Place {
    int64_t samples, y, x;
};

inline Place place(const ct::ConvolutionTask &task, const Layout &layout, int64_t number) {
    const int64_t picture = number / (layout.across * layout.down), inside = number % (layout.across * layout.down);
    return {picture * task.height * task.width, inside / layout.across * tile, inside % layout.across * tile};
}

/// Of one input, a tile's patch, transformed: a value a position and channel.
void gatherOne(
    const ct::ConvolutionTask &task, const Layout &layout, const ct::ConvolutionInput &input, const Place &at, float *to) {
    const int64_t channels = input.channels, line = task.width * channels;
    const float *const samples = input.samples + at.samples * channels;
    const bool isInside = at.y > 0 && at.x > 0 && at.y + patch - 1 <= task.height && at.x + patch - 1 <= task.width;
    for (int64_t c = 0; c < channels; c += width) {
        Vector columns[patch][patch];
        for (int x = 0; x < patch; ++x) {
            Vector column[patch];
            const float *from = samples + (at.y - 1) * line + (at.x - 1 + x) * channels + c;
            if (isInside && c + width <= channels) {
#pragma unroll
                for (int y = 0; y < patch; ++y) column[y] = load(from + y * line);
            } else {
                for (int y = 0; y < patch; ++y) {
                    const int64_t py = at.y - 1 + y, px = at.x - 1 + x;
                    const bool isThere = py >= 0 && px >= 0 && py < task.height && px < task.width;
                    column[y] = isThere ? loadSome(from + y * line, channels - c) : Vector{};
                }
            }
            transformInput(column);
#pragma unroll
            for (int y = 0; y < patch; ++y) columns[y][x] = column[y];
        }
        float *place = to + c;
        for (int y = 0; y < patch; ++y) {
            transformInput(columns[y]);
#pragma unroll
            for (int x = 0; x < patch; ++x, place += layout.position) store(place, columns[y][x]);
        }
    }
}

/// A tile's patch of all inputs.
void gather(const ct::ConvolutionTask &task, const Layout &layout, const Place &at, float *to) {
    for (int64_t i = 0; i < task.inputCount; to += task.inputs[i++].channels)
        gatherOne(task, layout, task.inputs[i], at, to);
}

/// Whether results are so many that the next layer will not find them in a cache, and are written past it: measured, 8 % faster from
/// some 30 MB on, and slower below. Only where a vector is a line of the cache.
bool goesPast(const ct::ConvolutionTask &task) {
    constexpr int64_t many = 8 << 20;
    return width == 16 && task.out % width == 0 && task.pictures * task.height * task.width * task.out >= many
        && reinterpret_cast<uint64_t>(task.output) % 64 == 0;
}

/// A tile of results, of a value a position and channel.
template <bool isPast>
void scatter(const ct::ConvolutionTask &task, const Layout &layout, const Place &at, const float *from) {
    const int64_t line = task.width * task.out;
    const int64_t high = std::min<int64_t>(tile, task.height - at.y), wide = std::min<int64_t>(tile, task.width - at.x);
    for (int64_t k = 0; k < layout.out; k += width) {
        const Vector bias = load(task.bias + k), slope = load(task.slope + k);
        const bool isWhole = wide == tile && k + width <= task.out;
        Vector columns[tile][patch];
        for (int x = 0; x < patch; ++x) {
            Vector column[patch];
            const float *place = from + x * layout.position + k;
#pragma unroll
            for (int y = 0; y < patch; ++y, place += patch * layout.position) column[y] = load(place);
            transformOutput(column);
#pragma unroll
            for (int y = 0; y < tile; ++y) columns[y][x] = column[y];
        }
        float *to = task.output + at.samples * task.out + at.y * line + at.x * task.out + k;
        for (int64_t y = 0; y < high; ++y, to += line) {
            transformOutput(columns[y]);
            if (isWhole) {
#pragma unroll
                for (int x = 0; x < tile; ++x) {
                    const Vector result = activated(columns[y][x] + bias, slope);
                    isPast ? storePast(to + x * task.out, result) : store(to + x * task.out, result);
                }
            } else {
                for (int64_t x = 0; x < wide; ++x)
                    storeSome(to + x * task.out, activated(columns[y][x] + bias, slope), task.out - k);
            }
        }
    }
}

/// One position of a block: its values' rows are replaced by their products.
template <int R>
inline void multiplyInPlace(
    const ct::ConvolutionTask &task, const Layout &layout, const float *weights, float *values, float *copy,
    const float *ahead) {
    // The first panel's products would be in the way of the next panel's values.
    const bool isInWay = layout.out > panel * width;
    if (isInWay)
        for (int r = 0; r < R; ++r)
            for (int64_t c = 0; c < layout.in; c += width)
                store(copy + r * layout.in + c, load(values + r * layout.line + c));
    multiplyRows<R>(
        isInWay ? copy : values, isInWay ? layout.in : layout.line, task.in, weights, layout.out, values, layout.line,
        ahead);
}

/// A tile of a block to where it belongs.
using Scatter = void (*)(const ct::ConvolutionTask &, const Layout &, const Place &, const float *);

void runTransformed(const ct::ConvolutionTask &task, std::atomic<int64_t> &next, float *scratch) {
    const Layout layout(task);
    const bool isPast = goesPast(task);
    const Scatter scatterTile = isPast ? scatter<true> : scatter<false>;
    float *copy = scratch + positions * layout.position;
    for (;;) {
        const int64_t first = next.fetch_add(tiles), count = std::min(tiles, layout.count - first);
        if (count <= 0) break;
        for (int64_t t = 0; t < count; ++t)
            gather(task, layout, place(task, layout, first + t), scratch + t * layout.line);
        for (int p = 0; p < positions; ++p) {
            const float *weights = task.weights + p * layout.out * task.in;
            float *values = scratch + p * layout.position;
            int64_t t = 0;
            // The next position's weights, a part with each of these products.
            const int64_t part = (layout.out + panel * width - 1) / (panel * width) * task.in * 16;
            for (; t + rows <= count; t += rows)
                multiplyInPlace<rows>(
                    task, layout, weights, values + t * layout.line, copy,
                    weights + layout.out * task.in + t / rows * part);
            for (; t < count; ++t) multiplyInPlace<1>(task, layout, weights, values + t * layout.line, copy, weights);
        }
        for (int64_t t = 0; t < count; ++t)
            scatterTile(task, layout, place(task, layout, first + t), scratch + t * layout.line);
    }
    // What went past the caches is not seen in order by others without it.
    if (isPast) __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

}  // namespace
