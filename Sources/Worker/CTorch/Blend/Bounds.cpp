#include "Bounds.h"

namespace ct::cpu {
namespace {

/// Values from the end of a row that are worked on with it.
constexpr int more = 12;

CT_INLINE void lower(Four &least, const Four &value) { least = value < least ? value : least; }
CT_INLINE void raise(Four &most, const Four &value) { most = most < value ? value : most; }

/// Of `count` values of each of the rows.
CT_EVERY_WIDTH void findAlong(const float *const *rows, size_t others, int count, float *low, float *high) {
    for (int i = 0; i < count; i += 16) {
        Four least, value;
        load(rows[0] + i, least);
        Four most = least;
        for (size_t k = 1; k < others; ++k) {
            load(rows[k] + i, value);
            lower(least, value);
            raise(most, value);
        }
        store(low + i, least);
        store(high + i, most);
    }
}

/// Of pixels beside each other, so many beyond each.
CT_EVERY_WIDTH void findBeside(const float *lows, const float *highs, int others, int count, float *low, float *high) {
    for (int i = 0; i < count; i += 16) {
        Four least, most, value;
        load(lows + i, least);
        load(highs + i, most);
        for (int k = 1; k <= others; ++k) {
            load(lows + i + 4 * k, value);
            lower(least, value);
            load(highs + i + 4 * k, value);
            raise(most, value);
        }
        store(low + i, least);
        store(high + i, most);
    }
}

void repeatEnds(std::vector<float> &row, int width, int reach) {
    float *const first = row.data() + 4 * reach, *const last = first + 4 * (width - 1);
    for (int i = 1; i <= reach; ++i) {
        store(first - 4 * i, load(first));
        store(last + 4 * i, load(last));
    }
}

}  // namespace

Bounds::Bounds(int width, int reach)
    : low(4 * size_t(width) + more), high(low), reach(reach), lows(4 * size_t(width + 2 * reach) + more), highs(lows),
      rows(size_t(2 * reach + 1)) {}

void Bounds::find(const Picture &picture, int y) {
    for (int k = -reach; k <= reach; ++k) rows[size_t(k + reach)] = picture.row(y + k);
    const int count = 4 * picture.width;
    findAlong(rows.data(), rows.size(), count, lows.data() + 4 * reach, highs.data() + 4 * reach);
    repeatEnds(lows, picture.width, reach);
    repeatEnds(highs, picture.width, reach);
    findBeside(lows.data(), highs.data(), 2 * reach, count, low.data(), high.data());
}

}  // namespace ct::cpu
