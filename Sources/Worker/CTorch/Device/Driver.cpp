#include "Driver.h"

#include <c10/core/DeviceGuard.h>

#include "DriverFunctions.h"
#include "Errors.h"
#include "Streams.h"

namespace ct::driver {
namespace {

// Of cuda.h, whose values are fixed.
constexpr int majorAttribute = 75, minorAttribute = 76, multiprocessorsAttribute = 16;
constexpr int sharedMemoryAttribute = 8, memoryTypeAttribute = 2, hostMemory = 1, deviceMemory = 2;
constexpr int halfType = 6, swizzle128 = 3, promote256 = 3;

void check(int answer, const std::string &attempt) {
    if (answer == 0) return;
    const char *words = nullptr;
    functions().getErrorString(answer, &words);
    const std::string reason = words ? words : "error " + std::to_string(answer);
    constexpr int outOfMemory = 2;
    if (answer == outOfMemory) throw std::bad_alloc();
    fail(attempt + ": " + reason);
}

/// A thread that has not asked libtorch for anything yet has no context.
void useContext(const at::Device &device) {
    void *context = nullptr;
    check(functions().contextGetCurrent(&context), "asking for the CUDA context");
    if (context != nullptr) return;
    check(functions().primaryContextRetain(&context, device.index()), "opening " + device.str());
    check(functions().contextSetCurrent(context), "opening " + device.str());
}

/// libtorch before 2.9 keeps it to itself.
template <typename Stream>
auto handleOf(const Stream &stream, int) -> decltype(stream.native_handle()) { return stream.native_handle(); }
template <typename Stream>
void *handleOf(const Stream &, long) { fail("this libtorch does not give its streams away"); }
template <typename Stream>
auto givesHandles(const Stream &stream, int) -> decltype(stream.native_handle(), true) { return true; }
template <typename Stream>
bool givesHandles(const Stream &, long) { return false; }

}  // namespace

Kernel::Kernel(void *module, const char *name, int threads, int shared) : name(name), threads(threads), shared(shared) {
    check(functions().moduleGetFunction(&function, module, name), std::string("looking for kernel ") + name);
    if (shared > 0)
        check(functions().functionSetAttribute(function, sharedMemoryAttribute, shared), std::string("setting up kernel ") + name);
}

void Kernel::launch(const Grid &grid, const at::Device &device, int bytes, void **arguments) const {
    useContext(device);
    check(
        functions().launchKernel(
            function, grid.x, grid.y, grid.z, unsigned(threads), 1, 1, unsigned(bytes), handleOf(currentStream(device), 0), arguments,
            nullptr),
        std::string("running kernel ") + name);
}

void *load(const void *image, const at::Device &device) {
    useContext(device);
    void *module = nullptr;
    check(functions().moduleLoadData(&module, image), "loading kernels for " + device.str());
    return module;
}

Architecture architecture(const at::Device &device) {
    const auto ask = [&](int attribute) {
        int value = 0;
        check(functions().deviceGetAttribute(&value, attribute, device.index()), "asking " + device.str() + " what it is");
        return value;
    };
    return {ask(majorAttribute), ask(minorAttribute), ask(multiprocessorsAttribute)};
}

TensorMap mapOf(void *halves, int64_t channels, int64_t width, int64_t height, int64_t count, int columns) {
    constexpr uint32_t mostChannels = 64;
    const uint64_t sizes[4] = {uint64_t(channels), uint64_t(width), uint64_t(height), uint64_t(count)};
    const uint64_t pixel = uint64_t(channels) * 2;
    const uint64_t strides[3] = {pixel, pixel * sizes[1], pixel * sizes[1] * sizes[2]};
    const uint32_t box[4] = {mostChannels, uint32_t(columns), 1, 1}, steps[4] = {1, 1, 1, 1};
    TensorMap map;
    check(
        functions().tensorMapEncodeTiled(
            &map, halfType, 4, halves, sizes, strides, box, steps, 0, swizzle128, promote256, 0),
        "describing a picture to the copy engine");
    return map;
}

void copyDown(void *host, int64_t hostStride, const void *values, int64_t stride, int64_t bytes, int64_t rows, const at::Device &device) {
    useContext(device);
    Copy copy;
    copy.sourceType = deviceMemory;
    copy.sourceDevice = reinterpret_cast<uint64_t>(values);
    copy.sourcePitch = size_t(stride);
    copy.toType = hostMemory;
    copy.toHost = host;
    copy.toPitch = size_t(hostStride);
    copy.bytes = size_t(bytes);
    copy.rows = size_t(rows);
    check(functions().memcpy2DAsync(&copy, handleOf(currentStream(device), 0)), "copying a plane from " + device.str());
}

void copyWithin(void *to, int64_t toStride, const void *values, int64_t stride, int64_t bytes, int64_t rows, const at::Device &device) {
    useContext(device);
    Copy copy;
    copy.sourceType = copy.toType = deviceMemory;
    copy.sourceDevice = reinterpret_cast<uint64_t>(values);
    copy.sourcePitch = size_t(stride);
    copy.toDevice = reinterpret_cast<uint64_t>(to);
    copy.toPitch = size_t(toStride);
    copy.bytes = size_t(bytes);
    copy.rows = size_t(rows);
    check(functions().memcpy2DAsync(&copy, handleOf(currentStream(device), 0)), "copying a plane on " + device.str());
}

uint64_t freeMemory(const at::Device &device) {
    if (functions().memGetInfo == nullptr) fail(functions().problem);
    const c10::DeviceGuard guard(device);
    useContext(device);
    size_t free = 0, all = 0;
    check(functions().memGetInfo(&free, &all), "asking " + device.str() + " for its free memory");
    return free;
}

bool isPinned(const void *host) {
    unsigned type = 0;
    int attribute = memoryTypeAttribute;
    void *values[] = {&type};
    // Unlike the function that asks for one attribute, this one takes memory that CUDA does not know for no error.
    return problem().empty()
        && functions().pointerGetAttributes(1, &attribute, values, reinterpret_cast<uint64_t>(host)) == 0 && type == hostMemory;
}

const std::string &problem() {
    static const std::string found = [] {
        if (!functions().problem.empty()) return functions().problem;
        const c10::Stream none(c10::Stream::DEFAULT, at::Device(at::kCPU));
        return givesHandles(none, 0) ? std::string() : std::string("this libtorch does not give its streams away (2.9 and later do)");
    }();
    return found;
}

}  // namespace ct::driver
