// What there is to compute on.
#include <ATen/Context.h>
#include <ATen/Version.h>
#include <dlfcn.h>
#include <malloc.h>

#include <cstdio>
#include <string>

#include "Errors.h"
// Debian keeps these two out of the include path.
#if __has_include(<torch/version.h>)
#include <torch/cuda.h>
#include <torch/version.h>
#else
#include <torch/csrc/api/include/torch/cuda.h>
#include <torch/csrc/api/include/torch/version.h>
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

/// A function of the CUDA driver, which needs neither headers nor toolkit.
template <typename Function>
Function driver(const char *name) {
    static void *const library = dlopen("libcuda.so.1", RTLD_NOW);
    if (library == nullptr) ct::fail(std::string("the CUDA driver cannot be loaded: ") + dlerror());
    void *const symbol = dlsym(library, name);
    if (symbol == nullptr) ct::fail(std::string("the CUDA driver has no ") + name);
    return reinterpret_cast<Function>(symbol);
}

void expectSuccess(int result, const char *call) {
    if (result != 0) ct::fail(std::string(call) + " answered " + std::to_string(result));
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

ct_status ct_cuda_device(
    int32_t index, char *name, size_t name_capacity, uint64_t *memory, char *error, size_t capacity) noexcept {
    return ct::guarded(error, capacity, [&] {
        expectSuccess(driver<int (*)(unsigned)>("cuInit")(0), "cuInit");
        int device = 0;
        expectSuccess(driver<int (*)(int *, int)>("cuDeviceGet")(&device, index), "cuDeviceGet");
        expectSuccess(
            driver<int (*)(char *, int, int)>("cuDeviceGetName")(name, static_cast<int>(name_capacity), device),
            "cuDeviceGetName");
        size_t bytes = 0;
        expectSuccess(driver<int (*)(size_t *, int)>("cuDeviceTotalMem_v2")(&bytes, device), "cuDeviceTotalMem");
        *memory = bytes;
    });
}
