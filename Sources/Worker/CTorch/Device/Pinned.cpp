// Memory of the host that devices write to.
#include <ATen/ATen.h>

#include <memory>

#include "Errors.h"

struct ct_pinned {
    at::Tensor bytes;
};

ct_status ct_pinned_open(size_t bytes, ct_pinned **memory, void **data, char *error, size_t capacity) noexcept {
    return ct::guarded(error, capacity, [&] {
        const auto options = at::TensorOptions().dtype(at::kByte).pinned_memory(true);
        auto made = std::make_unique<ct_pinned>(ct_pinned{at::empty({int64_t(bytes)}, options)});
        *data = made->bytes.data_ptr();
        *memory = made.release();
    });
}

void ct_pinned_close(ct_pinned *memory) noexcept { delete memory; }
