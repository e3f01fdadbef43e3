// Planes in host memory, or on the device already, as tensors, and back.
#pragma once
#include <ATen/ATen.h>

#include "CTorch.h"
#include "Finishing.h"
#include "Transfers.h"

namespace ct {

/// Plane `index` of a picture on the device as float codes, [height, width].
at::Tensor uploadPlane(const ct_input &picture, const ct_format &format, int index, Transfers &transfers);

/// The codes themselves on the device, in bytes or 16-bit words, as they lie.
at::Tensor sourceCodes(const ct_input &picture, const ct_format &format, int index, Transfers &transfers);

/// Where plane `index` of a result lies in memory.
cpu::CodePlane codePlane(const ct_output &picture, const ct_format &format, int index);

/// Writes codes, already in range and with their rounding added (the fraction is cut off), into plane `index`.
void downloadPlane(
    const at::Tensor &codes, const ct_output &picture, const ct_format &format, int index, Transfers &transfers);

/// Brings finished codes, [height, at least width] in bytes or words on the device, into plane `index`.
void downloadCodes(
    const at::Tensor &codes, const ct_output &picture, const ct_format &format, int index, Transfers &transfers);

}  // namespace ct
