#include "Rows.h"

#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>

namespace ct {

void useThreads(int threads) {
    // Each call makes libtorch's second pool of threads anew, which spin for a while, in the others' way.
    if (at::get_num_threads() != threads) at::set_num_threads(threads);
}

void eachRow(int64_t rows, const std::function<void(int64_t first, int64_t end)> &work) {
    // at::parallel_for is threaded only where it is compiled for OpenMP; in for_each it is libtorch's.
    auto marks = at::empty({rows}, at::kByte);
    const auto *base = marks.data_ptr<uint8_t>();
    auto iterator = at::TensorIterator::nullary_op(marks);
    iterator.for_each(
        [&](char **data, const int64_t *, int64_t count, int64_t lines) {
            const int64_t first = reinterpret_cast<uint8_t *>(data[0]) - base;
            work(first, first + count * lines);
        },
        1);
}

}  // namespace ct
