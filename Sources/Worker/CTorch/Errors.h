// Exceptions end here: each becomes a status and one line of text.
#pragma once
#include <stdexcept>
#include <string>

#include "CTorch.h"

namespace ct {

/// The network gave something that must not go into a film.
struct BadOutput : std::runtime_error {
    using std::runtime_error::runtime_error;
};

[[noreturn]] inline void fail(const std::string &text) { throw std::runtime_error(text); }

/// To be called in a catch block: writes the exception in flight into `error` and says what it was.
ct_status report(char *error, size_t capacity) noexcept;

/// To be called in a catch block: the line that says what happened. Throws the exception anew where memory did not suffice, which passes.
std::string essenceUnlessMemory();

template <typename Body>
ct_status guarded(char *error, size_t capacity, Body body) noexcept {
    try {
        body();
        return CT_OK;
    } catch (...) {
        return report(error, capacity);
    }
}

}  // namespace ct
