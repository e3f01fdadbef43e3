#include "Transfers.h"

#include <c10/core/StreamGuard.h>

#include "Driver.h"
#include "Streams.h"

namespace ct {

at::Tensor Arena::take(int64_t count) {
    // Calls of one upscaler ask for the same sizes in the same order.
    if (used < pieces.size() && pieces[used].numel() != count) pieces.resize(used);
    if (used == pieces.size()) pieces.push_back(at::empty({count}, at::TensorOptions().dtype(at::kByte).pinned_memory(isPinned)));
    return pieces[used++];
}

Transfers::Transfers(at::Device device, bool defers)
    : device(device), isImmediate(device.is_cpu() && !defers), arena(!device.is_cpu()) {
    if (device.is_cpu()) return;
    up = newStream(device);
    down = newStream(device);
}

void Transfers::awaitDecoded() const {
    if (!device.is_cpu()) order(defaultStream(device), currentStream(device));
}

at::Tensor Transfers::upload(const at::Tensor &host) {
    if (isImmediate) return host;
    const auto bytes = host.numel() * host.element_size();
    const auto pinned = arena.take(bytes).view(host.scalar_type()).view(host.sizes());
    pinned.copy_(host);
    if (!up) return pinned;
    const auto compute = currentStream(device);
    at::Tensor copy;
    {
        const c10::StreamGuard guard(*up);
        copy = pinned.to(device, true);
    }
    order(*up, compute);
    copy.record_stream(compute);
    return copy;
}

void Transfers::download(const at::Tensor &values, const at::Tensor &host) {
    if (isImmediate) {
        host.copy_(values);
        return;
    }
    whenDown(values.to(host.scalar_type()), [host](const at::Tensor &pinned) { host.copy_(pinned); });
}

void Transfers::downloadRows(const at::Tensor &rows, const at::Tensor &host) {
    if (!down || !driver::isPinned(host.data_ptr())) return download(rows.narrow(1, 0, host.size(1)), host);
    order(currentStream(device), *down);
    const c10::StreamGuard guard(*down);
    const int64_t size = host.element_size();
    driver::copyDown(
        host.data_ptr(), host.stride(0) * size, rows.data_ptr(), rows.stride(0) * size, host.size(1) * size, host.size(0), device);
    rows.record_stream(*down);
}

void Transfers::whenDown(const at::Tensor &values, std::function<void(const at::Tensor &)> judge) {
    if (isImmediate) return judge(values);
    const auto whole = values.contiguous();
    const auto pinned = arena.take(whole.numel() * whole.element_size()).view(whole.scalar_type()).view(whole.sizes());
    if (!down) {
        pinned.copy_(whole);
        landings.push_back({pinned, std::move(judge)});
        return;
    }
    order(currentStream(device), *down);
    {
        const c10::StreamGuard guard(*down);
        pinned.copy_(whole, true);
    }
    whole.record_stream(*down);
    landings.push_back({pinned, std::move(judge)});
}

void Transfers::close() {
    if (down) order(currentStream(device), *down);
}

void Transfers::finish() {
    // The device or a judge may throw: the rest is of no use then, and the next call begins anew all the same.
    const auto landed = std::move(landings);
    landings.clear();
    arena.clear();
    if (down) down->synchronize();
    for (const auto &landing : landed) landing.land(landing.pinned);
}

void Transfers::abandon() noexcept {
    try {
        // What goes up or comes down still has the memory.
        if (up) {
            up->synchronize();
            currentStream(device).synchronize();
        }
        if (down) down->synchronize();
    } catch (...) {
        // A device that is lost reads and writes nothing more.
    }
    landings.clear();
    arena.clear();
}

}  // namespace ct
