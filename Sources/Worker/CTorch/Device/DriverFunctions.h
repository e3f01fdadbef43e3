// The driver's functions that are used, declared by hand: cuda.h is not needed, and its values are fixed.
#pragma once
#include <dlfcn.h>

#include <cstdint>
#include <string>

#include "Driver.h"

namespace ct::driver {

/// `CUDA_MEMCPY2D`.
struct Copy {
    size_t sourceX = 0, sourceY = 0;
    unsigned sourceType = 0;
    const void *sourceHost = nullptr;
    uint64_t sourceDevice = 0;
    void *sourceArray = nullptr;
    size_t sourcePitch = 0, toX = 0, toY = 0;
    unsigned toType = 0;
    void *toHost = nullptr;
    uint64_t toDevice = 0;
    void *toArray = nullptr;
    size_t toPitch = 0, bytes = 0, rows = 0;
};

/// The functions that are used, by their names.
struct Functions {
    int (*getErrorString)(int, const char **) = nullptr;
    int (*deviceGetAttribute)(int *, int, int) = nullptr;
    int (*contextGetCurrent)(void **) = nullptr;
    int (*contextSetCurrent)(void *) = nullptr;
    int (*primaryContextRetain)(void **, int) = nullptr;
    int (*moduleLoadData)(void **, const void *) = nullptr;
    int (*moduleGetFunction)(void **, void *, const char *) = nullptr;
    int (*functionSetAttribute)(void *, int, int) = nullptr;
    int (*launchKernel)(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void *, void **, void **) = nullptr;
    int (*tensorMapEncodeTiled)(
        TensorMap *, int, unsigned, void *, const uint64_t *, const uint64_t *, const uint32_t *, const uint32_t *, int, int, int,
        int) = nullptr;
    int (*pointerGetAttributes)(unsigned, int *, void **, uint64_t) = nullptr;
    int (*memcpy2DAsync)(const Copy *, void *) = nullptr;
    int (*memGetInfo)(size_t *, size_t *) = nullptr;
    std::string problem;

    Functions() {
        void *const library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL);
        if (library == nullptr) {
            const char *const words = dlerror();
            problem = words ? words : "libcuda.so.1 cannot be loaded";
            return;
        }
        find(library, "cuGetErrorString", getErrorString);
        find(library, "cuDeviceGetAttribute", deviceGetAttribute);
        find(library, "cuCtxGetCurrent", contextGetCurrent);
        find(library, "cuCtxSetCurrent", contextSetCurrent);
        find(library, "cuDevicePrimaryCtxRetain", primaryContextRetain);
        find(library, "cuModuleLoadData", moduleLoadData);
        find(library, "cuModuleGetFunction", moduleGetFunction);
        find(library, "cuFuncSetAttribute", functionSetAttribute);
        find(library, "cuLaunchKernel", launchKernel);
        find(library, "cuTensorMapEncodeTiled", tensorMapEncodeTiled);
        find(library, "cuPointerGetAttributes", pointerGetAttributes);
        find(library, "cuMemcpy2DAsync_v2", memcpy2DAsync);
        find(library, "cuMemGetInfo_v2", memGetInfo);
    }

    template <typename Function>
    void find(void *library, const char *name, Function &function) {
        function = reinterpret_cast<Function>(dlsym(library, name));
        if (function == nullptr && problem.empty()) problem = std::string("the driver is too old: it has no ") + name;
    }
};

/// Looked for once.
inline const Functions &functions() {
    static const Functions found;
    return found;
}

}  // namespace ct::driver
