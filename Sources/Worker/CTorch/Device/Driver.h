// NVIDIA's driver, found when the program runs: kernels of our own need no CUDA to build with.
#pragma once
#include <ATen/ATen.h>

#include <cstdint>
#include <string>

namespace ct::driver {

/// How a tensor lies in memory, as the chip's copy engine is told (`CUtensorMap`).
struct alignas(64) TensorMap {
    unsigned char bytes[128];
};

struct Grid {
    unsigned x = 1, y = 1, z = 1;
};

/// So many of `each` as `count` takes.
inline unsigned blocks(int64_t count, int64_t each) { return unsigned((count + each - 1) / each); }

/// A function on a device.
class Kernel {
  public:
    Kernel() = default;
    /// - shared: bytes of memory that its threads share.
    Kernel(void *module, const char *name, int threads, int shared = 0);
    /// Asks for a run on the stream that is current. Throws what the driver refuses; what goes wrong in it shows when it is waited for.
    template <typename... Arguments>
    void operator()(const Grid &grid, const at::Device &device, Arguments... arguments) const {
        void *pointers[] = {static_cast<void *>(&arguments)...};
        launch(grid, device, shared, pointers);
    }
    /// The same with so many bytes of shared memory.
    template <typename... Arguments>
    void withShared(int bytes, const Grid &grid, const at::Device &device, Arguments... arguments) const {
        void *pointers[] = {static_cast<void *>(&arguments)...};
        launch(grid, device, bytes, pointers);
    }

  private:
    void launch(const Grid &grid, const at::Device &device, int bytes, void **arguments) const;

    void *function = nullptr;
    const char *name = "";
    int threads = 0, shared = 0;
};

/// Loads an image of kernels for `device`. Throws in the driver's words.
void *load(const void *image, const at::Device &device);

/// Such as {9, 0}.
struct Architecture {
    int major, minor, multiprocessors;
};
Architecture architecture(const at::Device &device);

/// [count, height, width, channels] of halves, of which boxes of `columns` pixels in a row are taken, with the chip's 128-byte swizzle.
TensorMap mapOf(void *halves, int64_t channels, int64_t width, int64_t height, int64_t count, int columns);

/// Rows of bytes into the host's memory, on the stream that is current.
void copyDown(void *host, int64_t hostStride, const void *values, int64_t stride, int64_t bytes, int64_t rows, const at::Device &device);

/// The same within its memory.
void copyWithin(void *to, int64_t toStride, const void *values, int64_t stride, int64_t bytes, int64_t rows, const at::Device &device);

/// Bytes of the device that nobody has.
uint64_t freeMemory(const at::Device &device);

/// Whether a device may write to `host` by itself.
bool isPinned(const void *host);

/// Why there are no kernels here, or nothing.
const std::string &problem();

}  // namespace ct::driver
