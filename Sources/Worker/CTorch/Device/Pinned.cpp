// Memory of the host that devices write to.
#include <ATen/ATen.h>

#if __has_include(<c10/core/CachingDeviceAllocator.h>)
#include <c10/core/CachingDeviceAllocator.h>
#endif

#include <memory>

#include "DeviceKernels.h"
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

ct_status ct_device_free_memory(const char *device, uint64_t *bytes, char *error, size_t capacity) noexcept {
    return ct::guarded(error, capacity, [&] { *bytes = ct::driver::freeMemory(at::Device{std::string(device)}); });
}

void ct_release_unused(void) noexcept {
#if __has_include(<c10/core/CachingDeviceAllocator.h>)
    try {
        if (auto *const allocator = c10::getDeviceAllocator(at::kCUDA)) allocator->emptyCache();
    } catch (...) {
        // It stays where it is, and counts as had.
    }
#endif
}

ct_status ct_device_kernels(const char *device, char *problem, size_t capacity) noexcept {
    if (capacity > 0) problem[0] = 0;
    return ct::guarded(problem, capacity, [&] {
        const at::Device on{std::string(device)};
        if (!ct::kernelsFor(on)) ct::fail(ct::kernelsProblem(on));
    });
}
