// What the kernels take from CUDA's headers, for a CPU.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

#include "Block.h"

#define __device__
#define __global__
#define __forceinline__ inline
#define __grid_constant__
#define __launch_bounds__(...)
// Blocks run one after the other.
#define __shared__ static

typedef _Float16 __half;

struct alignas(4) __half2 {
    __half x, y;
};
struct alignas(8) float2 {
    float x, y;
};
struct alignas(16) int4 {
    int x, y, z, w;
};
struct alignas(16) float4 {
    float x, y, z, w;
};
struct alignas(8) uint2 {
    uint32_t x, y;
};
struct alignas(16) uint4 {
    uint32_t x, y, z, w;
};

inline uint2 make_uint2(uint32_t x, uint32_t y) { return {x, y}; }
inline uint4 make_uint4(uint32_t x, uint32_t y, uint32_t z, uint32_t w) { return {x, y, z, w}; }
inline __half2 __floats2half2_rn(float x, float y) { return {__half(x), __half(y)}; }
inline __half2 __halves2half2(__half x, __half y) { return {x, y}; }
inline float2 __half22float2(__half2 v) { return {float(v.x), float(v.y)}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline float __half2float(__half v) { return float(v); }
inline __half __float2half_rn(float v) { return __half(v); }
inline __half2 __half2half2(__half v) { return {v, v}; }
inline __half2 __hadd2(__half2 a, __half2 b) { return {__half(float(a.x) + float(b.x)), __half(float(a.y) + float(b.y))}; }
inline float __low2float(__half2 v) { return float(v.x); }
inline float __high2float(__half2 v) { return float(v.y); }
inline float __fdividef(float a, float b) { return a / b; }
inline float __uint_as_float(uint32_t v) {
    float result;
    std::memcpy(&result, &v, sizeof result);
    return result;
}
/// A device reads whole words from their multiples alone.
template <typename Value>
Value __ldg(const Value *from) {
    if (reinterpret_cast<uintptr_t>(from) % alignof(Value) != 0) emulation::fail("a load from no multiple of its size");
    return *from;
}

/// What another lane of the warp has: the lane that `other` names, or itself.
template <typename Other>
float exchanged(const char *instruction, float value, const Other &other) {
    struct Operand {
        float value, result;
    } own{value, value};
    emulation::together(instruction, &own, [&](void *const *operands) {
        for (int lane = 0; lane < 32; ++lane) {
            const int from = other(lane);
            if (from >= 0 && from < 32) static_cast<Operand *>(operands[lane])->result = static_cast<const Operand *>(operands[from])->value;
        }
    });
    return own.result;
}
inline float __shfl_xor_sync(uint32_t, float value, int other) {
    static const char name[] = "shfl.xor";
    return exchanged(name, value, [&](int lane) { return lane ^ other; });
}
inline float __shfl_up_sync(uint32_t, float value, unsigned other) {
    static const char name[] = "shfl.up";
    return exchanged(name, value, [&](int lane) { return lane - int(other); });
}

inline int max(int a, int b) { return a > b ? a : b; }
inline int min(int a, int b) { return a < b ? a : b; }
inline unsigned min(unsigned a, unsigned b) { return a < b ? a : b; }

/// Of the eight bytes of `low` and `high`, those that the nibbles of `which` name.
inline uint32_t __byte_perm(uint32_t low, uint32_t high, uint32_t which) {
    const uint64_t both = uint64_t(high) << 32 | low;
    uint32_t result = 0;
    for (int i = 0; i < 4; ++i) result |= uint32_t(both >> (which >> (4 * i) & 7) * 8 & 0xff) << (8 * i);
    return result;
}
