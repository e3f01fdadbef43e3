#include "Flights.h"

#include "Errors.h"

namespace ct {

Flights::Flights(at::Device device, int depth) : immediate(device, false) {
    for (int i = 0; i < depth; ++i) ring.push_back(std::make_unique<Transfers>(device, true));
}

/// Copies that are under way must not outlive the memory that they go to.
Flights::~Flights() {
    abandon();
    for (const auto &transfers : ring) transfers->abandon();
    immediate.abandon();
}

void Flights::begin() {
    if (open) fail("a call has begun and not ended");
    if (flying == ring.size()) fail("as many calls are under way as there may be: collect one");
    open = ring[(oldest + flying) % ring.size()].get();
}

void Flights::end() {
    if (!open) fail("no call has begun");
    open->close();
    open = nullptr;
    ++flying;
}

void Flights::abandon() noexcept {
    if (open) open->abandon();
    open = nullptr;
}

void Flights::collect() {
    if (flying == 0) fail("no call is under way");
    Transfers &transfers = *ring[oldest];
    oldest = (oldest + 1) % ring.size();
    --flying;
    transfers.finish();
}

void Flights::settle() {
    if (!open) immediate.finish();
}

}  // namespace ct
