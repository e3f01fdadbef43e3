// Work on the CPU, row by row, by libtorch's own threads.
#pragma once
#include <ATen/ATen.h>

#include <algorithm>
#include <functional>

namespace ct {

/// How many threads libtorch's operations have that this thread calls.
void useThreads(int threads);

/// Calls `work` for ranges of rows that together are [0, rows), each row once, on up to `at::get_num_threads()` threads at a time.
/// libtorch's pool is used, not another beside it: its threads spin for a while when they are through, and would be in the way.
void eachRow(int64_t rows, const std::function<void(int64_t first, int64_t end)> &work);

/// A contiguous plane of floats, whose outermost samples go on beyond its borders.
struct Plane {
    const float *samples;
    int64_t height, width;

    /// Plane `index` of a contiguous tensor [1, C, height, width].
    explicit Plane(const at::Tensor &planes, int64_t index = 0)
        : samples(planes.data_ptr<float>() + index * planes.size(2) * planes.size(3)), height(planes.size(2)),
          width(planes.size(3)) {}

    const float *row(int64_t y) const { return samples + std::min(std::max<int64_t>(y, 0), height - 1) * width; }
};

}  // namespace ct
