// Pictures that lie on the device before anything is done with them.
#pragma once
#include <ATen/ATen.h>

#include <array>

#include "CTorch.h"

namespace ct {

/// Plane `index` where it lies, [height, width] of bytes or 16-bit words: nothing is copied. Throws where it cannot be there.
at::Tensor deviceView(const ct_input &picture, const ct_format &format, int index, const at::Device &device);

}  // namespace ct

/// A picture in memory of its own.
struct ct_device_picture {
    ct_device_picture(const at::Device &device, const ct_format &format, const ct_input &source);

    /// Where the planes are.
    ct_input layout;

  private:
    /// Of Cb and Cr that alternate, one for both.
    std::array<at::Tensor, 4> planes;
};
