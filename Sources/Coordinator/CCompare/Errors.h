// Exceptions end here: each becomes a status and one line of text.
#pragma once
#include "CCompare.h"

namespace cc {

/// To be called in a catch block: writes the exception in flight into `error` and says what it was.
cc_status report(char *error, size_t capacity) noexcept;

template <typename Body>
cc_status guarded(char *error, size_t capacity, Body body) noexcept {
    try {
        body();
        return CC_OK;
    } catch (...) {
        return report(error, capacity);
    }
}

}  // namespace cc
