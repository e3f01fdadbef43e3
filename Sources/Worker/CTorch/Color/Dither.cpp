#include "Dither.h"

namespace ct {
namespace {

// The 32-bit mixing function `lowbias32` of Chris Wellons's hash prospector.
constexpr int64_t firstFactor = 0x7feb352d, secondFactor = 0x846ca68b, golden = 0x9e3779b1, mask = 0xffffffff;

uint32_t mix(uint32_t x) {
    x = (x ^ x >> 16) * uint32_t(firstFactor);
    x = (x ^ x >> 15) * uint32_t(secondFactor);
    return x ^ x >> 16;
}

/// The same in 64-bit integers kept below 2^32; a product that overflows still has the right low bits.
at::Tensor mix(at::Tensor x) {
    const auto right = [](const at::Tensor &t, int64_t bits) { return at::floor_divide(t, int64_t(1) << bits); };
    x = x.bitwise_xor(right(x, 16)).mul(firstFactor).bitwise_and(mask);
    x = x.bitwise_xor(right(x, 15)).mul(secondFactor).bitwise_and(mask);
    return x.bitwise_xor(right(x, 16));
}

}  // namespace

Dither::Dither(int64_t height, int64_t width, int plane, at::Device device) {
    const auto y = at::arange(height, at::kLong).mul(golden).bitwise_and(mask).add(plane).view({height, 1});
    const auto x = at::arange(width, at::kLong).view({1, width});
    const auto hash = mix(mix(y).add(x).bitwise_and(mask));
    table = at::floor_divide(hash, 256).to(at::kFloat).div_(1 << 24).to(device);
}

std::pair<int64_t, int64_t> Dither::shift(int64_t number) const {
    const uint32_t down = mix(uint32_t(number)), right = mix(down + uint32_t(golden));
    return {down % table.size(0), right % table.size(1)};
}

at::Tensor Dither::forFrame(int64_t number) const {
    const auto [down, right] = shift(number);
    return table.roll({down, right}, {0, 1});
}

}  // namespace ct
