// Calls whose work has begun and is not waited for.
#pragma once
#include <memory>
#include <vector>

#include "Transfers.h"

namespace ct {

/// A ring of calls under way, the oldest of which is waited for first. What is asked for outside of them is waited for at once.
class Flights {
  public:
    Flights(at::Device device, int depth);
    ~Flights();

    /// Where copies belong that are asked for now.
    Transfers &current() { return open ? *open : immediate; }
    /// Whether what is asked for now is waited for later.
    bool isOpen() const { return open != nullptr; }

    void begin();
    void end();
    /// Gives up the call that has begun and not ended.
    void abandon() noexcept;
    /// Waits for the oldest, and hands its results over.
    void collect();
    /// Ends what was asked for outside.
    void settle();

  private:
    Transfers immediate;
    std::vector<std::unique_ptr<Transfers>> ring;
    size_t oldest = 0, flying = 0;
    Transfers *open = nullptr;
};

}  // namespace ct
