// Our kernels on a device.
#pragma once
#include "Driver.h"

namespace ct {

/// Compiled for a device, or by its driver.
struct DeviceKernels {
    explicit DeviceKernels(const at::Device &device);

    /// Whether convolutions run in products of warp groups, which Hopper alone has.
    bool isHopper;
    int multiprocessors;
    driver::Kernel convolve, first, shuffle;
    /// By their outputs.
    driver::Kernel dense64, dense32, dense16;
    driver::Kernel toRGB, cellsHalf, cellsFloat, cellsUnshuffled, settleCells, liftEven, liftHalf, liftFloat;
    driver::Kernel halvedEven, halvedHalf, halvedFloat, halvedUnshuffled, planeHalf, planeFloat;
    driver::Kernel mixOne, mixTwo, mixAny, betterFlow, slopes, refine, matchWeight;
};

/// Those for `device`; null where there are none: `kernelsProblem` says why.
const DeviceKernels *kernelsFor(const at::Device &device);
std::string kernelsProblem(const at::Device &device);

/// Those for `device`. Throws where there are none.
const DeviceKernels &expectedKernels(const at::Device &device);

}  // namespace ct
