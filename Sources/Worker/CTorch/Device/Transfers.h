// Planes between the host's memory and the device's, without anybody waiting for them.
#pragma once
#include <ATen/ATen.h>
#include <c10/core/Stream.h>

#include <functional>
#include <optional>
#include <vector>

#include "CTorch.h"

namespace ct {

/// Memory of the host, given out piece by piece and kept for the next time.
class Arena {
  public:
    /// - isPinned: a device may read and write it by itself.
    explicit Arena(bool isPinned) : isPinned(isPinned) {}
    /// `count` bytes that nobody else has until `clear`.
    at::Tensor take(int64_t count);
    void clear() { used = 0; }

  private:
    bool isPinned;
    std::vector<at::Tensor> pieces;
    size_t used = 0;
};

/// What is under way for one call: planes up, work, planes down.
///
/// On a device three streams share the work: planes go up on one, are computed with on the stream that is current, and come down on
/// a third; events between them, so that copies of one call overlap the work of another and the host waits for none.
class Transfers {
  public:
    /// - defers: results land in `finish`, on the CPU too, where otherwise nothing waits.
    Transfers(at::Device device, bool defers);

    /// Where the work is done.
    at::Device place() const { return device; }

    /// Lets the work wait for what the default stream has to do so far: there decoded pictures are copied.
    void awaitDecoded() const;

    /// A view of the host's memory as a tensor on the device, of the same type.
    at::Tensor upload(const at::Tensor &host);
    /// Brings `values` into `host`'s memory, which must stay until `finish`.
    void download(const at::Tensor &values, const at::Tensor &host);
    /// The same of rows that may be longer than the host's, [height, at least width], and of the same type; straight into the host's
    /// memory where the device can write there.
    void downloadRows(const at::Tensor &rows, const at::Tensor &host);
    /// Brings some values down, and gives them to `judge` in `finish`.
    void whenDown(const at::Tensor &values, std::function<void(const at::Tensor &)> judge);

    /// No more is asked for: what brings results down comes behind all of it, even where there are none.
    void close();
    /// Waits until all is done and hands the results over; what a judge throws comes out of it.
    void finish();
    /// Waits, and lets the results fall.
    void abandon() noexcept;

  private:
    struct Landing {
        at::Tensor pinned;
        std::function<void(const at::Tensor &)> land;
    };

    at::Device device;
    /// Nothing is left for `finish`.
    bool isImmediate;
    /// Of a device that works by itself.
    std::optional<c10::Stream> up, down;
    Arena arena;
    std::vector<Landing> landings;
};

}  // namespace ct
