// A device's streams, without its headers.
#pragma once
#include <ATen/ATen.h>
#include <c10/core/Event.h>
#include <c10/core/Stream.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace ct {

inline c10::Stream currentStream(const at::Device &device) { return c10::impl::VirtualGuardImpl(device.type()).getStream(device); }

/// On which hardware decoders work, and what nobody asked for a stream.
inline c10::Stream defaultStream(const at::Device &device) {
    return c10::impl::VirtualGuardImpl(device.type()).getDefaultStream(device);
}

/// One of libtorch's, which waits for no other.
inline c10::Stream newStream(const at::Device &device) {
    return c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
}

/// Lets `later` wait for what is in `earlier` so far.
inline void order(const c10::Stream &earlier, const c10::Stream &later) {
    c10::Event event(earlier.device_type());
    event.record(earlier);
    event.block(later);
}

}  // namespace ct
