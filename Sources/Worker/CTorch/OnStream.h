#pragma once
#include <c10/core/StreamGuard.h>

#include <optional>

#include "Upscaler.h"

namespace ct {

/// Makes an upscaler's stream the current one, if it has one: all work of a device belongs on it.
class OnStream {
  public:
    explicit OnStream(const ct_upscaler &upscaler) {
        if (upscaler.stream) guard.emplace(*upscaler.stream);
    }

  private:
    std::optional<c10::StreamGuard> guard;
};

}  // namespace ct
