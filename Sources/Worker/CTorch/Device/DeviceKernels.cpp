#include "DeviceKernels.h"

#include <c10/core/DeviceGuard.h>
#include <c10/util/Exception.h>

#include <map>
#include <memory>
#include <mutex>

#include "Errors.h"
#include "Parameters.h"

namespace ct {
namespace {

// `make kernels` compiles them. (#embed is of C23, and this compiler knows it in C++.)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wc23-extensions"
alignas(64) constexpr unsigned char hopperImage[] = {
#embed "../Kernels/Hopper.fatbin"
};
alignas(64) constexpr unsigned char ampereImage[] = {
#embed "../Kernels/Ampere.fatbin"
};
alignas(64) constexpr unsigned char denseImage[] = {
#embed "../Kernels/Dense.fatbin"
};
alignas(64) constexpr unsigned char toRGBImage[] = {
#embed "../Kernels/ToRGB.fatbin"
};
alignas(64) constexpr unsigned char shuffleImage[] = {
#embed "../Kernels/Shuffle.fatbin"
};
alignas(64) constexpr unsigned char cellsImage[] = {
#embed "../Kernels/Cells.fatbin"
};
alignas(64) constexpr unsigned char fromRGBImage[] = {
#embed "../Kernels/FromRGB.fatbin"
};
alignas(64) constexpr unsigned char unshuffledImage[] = {
#embed "../Kernels/Unshuffled.fatbin"
};
alignas(64) constexpr unsigned char mixingImage[] = {
#embed "../Kernels/Mixing.fatbin"
};
alignas(64) constexpr unsigned char motionImage[] = {
#embed "../Kernels/Motion.fatbin"
};
#pragma clang diagnostic pop

constexpr int hopper = 9, oldest = 8;

/// Those of one device, or why there are none.
struct Loaded {
    std::unique_ptr<DeviceKernels> kernels;
    std::string problem;
};

Loaded loadFor(const at::Device &device) {
    if (device.is_cpu()) return {nullptr, "the CPU runs none of them"};
    if (!driver::problem().empty()) return {nullptr, driver::problem()};
    const c10::DeviceGuard guard(device);
    try {
        return {std::make_unique<DeviceKernels>(device), ""};
    } catch (const std::bad_alloc &) {
        throw;  // passes, and is not to be remembered
    } catch (const c10::OutOfMemoryError &) {
        throw;
    } catch (const std::exception &failure) {
        return {nullptr, failure.what()};
    }
}

const Loaded &loaded(const at::Device &device) {
    static std::mutex guard;
    static std::map<int, Loaded> known;
    const std::lock_guard<std::mutex> lock(guard);
    const int index = device.is_cpu() ? -1 : device.index();
    const auto found = known.find(index);
    return found != known.end() ? found->second : known.emplace(index, loadFor(device)).first->second;
}

}  // namespace

DeviceKernels::DeviceKernels(const at::Device &device) {
    at::empty({1}, at::TensorOptions().device(device));  // opens the context that libtorch uses
    const auto architecture = driver::architecture(device);
    if (architecture.major < oldest)
        fail(device.str() + " is of compute capability " + std::to_string(architecture.major) + "." + std::to_string(architecture.minor)
             + "; our kernels need 8.0");
    isHopper = architecture.major == hopper;
    multiprocessors = architecture.multiprocessors;
    void *const ampere = driver::load(ampereImage, device);
    convolve = isHopper ? driver::Kernel(driver::load(hopperImage, device), "conv3x3", 384, 8 * 17408 + 2 * 16384 + 1024)
                        : driver::Kernel(ampere, "conv3x3_sm80", 256, 8 * 66 * 128 + 128);
    first = {ampere, "conv_first_sm80", 256};
    void *const dense = driver::load(denseImage, device);
    dense64 = {dense, "dense3x3_64", kernels::DenseTask::threads, kernels::DenseTask::sharedBytes(64)};
    dense32 = {dense, "dense3x3_32", kernels::DenseTask::threads, kernels::DenseTask::sharedBytes(32)};
    dense16 = {dense, "dense3x3_16", kernels::DenseTask::threads, kernels::DenseTask::sharedBytes(16)};
    shuffle = {driver::load(shuffleImage, device), "shuffle", 128};
    toRGB = {driver::load(toRGBImage, device), "to_rgb", 128};
    void *const cells = driver::load(cellsImage, device);
    cellsHalf = {cells, "cells_half", 128};
    cellsFloat = {cells, "cells_float", 128};
    cellsUnshuffled = {cells, "cells_unshuffled", 128};
    settleCells = {cells, "settle_cells", 1024};
    void *const fromRGB = driver::load(fromRGBImage, device);
    liftEven = {fromRGB, "lift_even", 128};
    liftHalf = {fromRGB, "lift_half", 128};
    liftFloat = {fromRGB, "lift_float", 128};
    halvedEven = {fromRGB, "halved_even", 128};
    halvedHalf = {fromRGB, "halved_half", 128};
    halvedFloat = {fromRGB, "halved_float", 128};
    halvedUnshuffled = {driver::load(unshuffledImage, device), "halved_unshuffled", 128};
    planeHalf = {fromRGB, "plane_half", 128};
    planeFloat = {fromRGB, "plane_float", 128};
    void *const mixing = driver::load(mixingImage, device);
    mixOne = {mixing, "mix_one", 256};
    mixTwo = {mixing, "mix_two", 256};
    mixAny = {mixing, "mix_any", 256, kernels::MixTask::sharedBytes(kernels::MixTask::mostReach)};
    void *const motion = driver::load(motionImage, device);
    betterFlow = {motion, "better_flow", 256};
    slopes = {motion, "slopes", 256};
    refine = {motion, "refine", 256};
    matchWeight = {motion, "match_weight", 256};
}

const DeviceKernels *kernelsFor(const at::Device &device) { return loaded(device).kernels.get(); }
std::string kernelsProblem(const at::Device &device) { return loaded(device).problem; }

const DeviceKernels &expectedKernels(const at::Device &device) {
    const auto *const kernels = kernelsFor(device);
    if (!kernels) fail(kernelsProblem(device));
    return *kernels;
}

}  // namespace ct
