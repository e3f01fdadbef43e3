// Our kernels on a device, before they are trusted.
#pragma once
#include <string>

#include "Model.h"

namespace ct {

/// Holds what a network makes of a small picture in our kernels on its device against the same file in floats on the CPU: there are images for more
/// kinds of devices than anybody has tried them on.
/// The first time; then what was found is known.
/// - Returns: what is wrong, in words, or nothing. Throws where memory does not suffice.
std::string problemOnDevice(ct_model &model, const char *path);

}  // namespace ct
