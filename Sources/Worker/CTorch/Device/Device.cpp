// What there is to compute on.
#include <ATen/Context.h>
#include <ATen/Version.h>
#include <dlfcn.h>
#include <malloc.h>

#include <string>

#include "DeviceKernels.h"
#include "Errors.h"
// Debian keeps these two out of the include path.
#if __has_include(<torch/version.h>)
#include <torch/cuda.h>
#include <torch/version.h>
#else
#include <torch/csrc/api/include/torch/cuda.h>
#include <torch/csrc/api/include/torch/version.h>
#endif

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 9)
#include <c10/core/CachingDeviceAllocator.h>
#define CT_CAN_RELEASE 1
#else
#define CT_CAN_RELEASE 0
#endif

namespace {

/// The linker drops libtorch_cuda, since nothing of it is called by name; without it libtorch knows no CUDA.
/// Nothing, or the loader's words.
const std::string &cudaProblem() {
    static const std::string problem = [] {
        if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) != nullptr) return std::string();
        const char *const words = dlerror();
        return std::string(words ? words : "it cannot be loaded");
    }();
    return problem;
}

/// Of the library that runs, which need not be the one that was compiled with; its own account of itself holds it.
std::string runningVersion() {
    const std::string account = at::show_config(), name = "TORCH_VERSION=";
    const auto start = account.find(name);
    if (start == std::string::npos) return TORCH_VERSION;
    const auto first = start + name.size();
    return account.substr(first, account.find_first_of(", \n", first) - first);
}

}  // namespace

const char *ct_torch_version(void) noexcept {
    try {
        static const std::string version = runningVersion();
        return version.c_str();
    } catch (...) {
        return TORCH_VERSION;
    }
}

const char *ct_cuda_problem(void) noexcept {
    try {
        return cudaProblem().empty() ? nullptr : cudaProblem().c_str();
    } catch (...) {
        return "it cannot be loaded";
    }
}

void ct_configure_allocator(void) noexcept {
    // A threshold of more than 32 MB is refused, and activations are larger: no mappings at all.
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, 2000000000);
    mallopt(M_TOP_PAD, 256 << 20);
    mallopt(M_ARENA_MAX, 1);
}

int32_t ct_cuda_device_count(void) noexcept {
    try {
        return cudaProblem().empty() ? static_cast<int32_t>(torch::cuda::device_count()) : 0;
    } catch (...) {
        return 0;
    }
}

ct_status ct_device_free_memory(const char *device, uint64_t *bytes, char *error, size_t capacity) noexcept {
    return ct::guarded(error, capacity, [&] { *bytes = ct::driver::freeMemory(at::Device{std::string(device)}); });
}

void ct_release_unused(void) noexcept {
#if CT_CAN_RELEASE
    try {
        if (auto *const allocator = c10::getDeviceAllocator(at::kCUDA)) allocator->emptyCache();
    } catch (...) {
        // It stays where it is, and counts as had.
    }
#endif
}

ct_status ct_device_works(const char *device, char *error, size_t capacity) noexcept {
    return ct::guarded(error, capacity, [&] {
        const auto one = at::ones({1}, at::TensorOptions().dtype(at::kFloat).device(at::Device{std::string(device)}));
        if ((one + one).item<float>() != 2) ct::fail("it cannot add");
    });
}

ct_status ct_device_kernels(const char *device, char *problem, size_t capacity) noexcept {
    if (capacity > 0) problem[0] = 0;
    return ct::guarded(problem, capacity, [&] {
        const at::Device on{std::string(device)};
        if (!ct::kernelsFor(on)) ct::fail(ct::kernelsProblem(on));
    });
}
