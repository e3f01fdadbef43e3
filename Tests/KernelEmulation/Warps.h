// The instructions of Kernels/Warps.h on the CPU. What a device would do wrong silently ends the program: memory that is not the block's, addresses
// that are not multiples of what is read, and banks of shared memory that several lanes meet in.
#pragma once
#include <cuda_fp16.h>

#include <array>

namespace emulation {

/// Addresses of what was asked for at the launch begin here; on a device it is no multiple of more than 16 either.
constexpr uint32_t dynamicBegin = 0x01000010;
/// Those of variables of the kernels.
constexpr uint32_t variables = 0x80000000;
inline unsigned char anchor;
inline std::vector<unsigned char> dynamicMemory;

inline unsigned char *atShared(uint32_t address, uint32_t bytes) {
    if (address % bytes != 0) fail("an address in shared memory is no multiple of what is read or written");
    if (address >= variables / 2) return &anchor + int32_t(address - variables);
    if (address < dynamicBegin || address + bytes > dynamicBegin + dynamicMemory.size()) fail("beyond shared memory");
    return dynamicMemory.data() + (address - dynamicBegin);
}

/// Of eight lanes, which read together.
inline void expectBanks(const uint32_t *addresses) {
    for (int i = 0; i < 8; ++i)
        for (int j = 0; j < i; ++j)
            if (addresses[i] / 16 % 8 == addresses[j] / 16 % 8 && addresses[i] != addresses[j]) fail("lanes meet in banks of shared memory");
}

/// Of a barrier in shared memory.
struct Barrier {
    uint32_t count : 16, pending : 16, phase;
};

inline Barrier &barrierAt(void *p) { return *static_cast<Barrier *>(p); }

inline void arrive(uint64_t *p) {
    Barrier &barrier = barrierAt(p);
    if (barrier.pending == 0) fail("an arrival too many");
    if (--barrier.pending > 0) return;
    ++barrier.phase;
    barrier.pending = barrier.count;
    ++block.events;
}

/// Of every half, for conversions take their time.
inline const std::array<float, 65536> &floats() {
    static const auto all = [] {
        std::array<float, 65536> result;
        for (uint32_t i = 0; i < 65536; ++i) {
            const uint16_t bits = uint16_t(i);
            __half half;
            std::memcpy(&half, &bits, 2);
            result[i] = float(half);
        }
        return result;
    }();
    return all;
}

struct Multiplication {
    float *d;
    uint32_t a[4], b[2];
    float c[4];
};

/// Rows lane / 4 and 8 further, columns lane % 4 * 2 and one further, of each lane's fragments.
inline void multiplyAll(void *const *operands) {
    const auto &known = floats();
    float a[16][16], b[16][8], d[16][8];
    for (int lane = 0; lane < 32; ++lane) {
        const auto &own = *static_cast<const Multiplication *>(operands[lane]);
        const int g = lane / 4, t = lane % 4 * 2;
        for (int i = 0; i < 2; ++i) {
            for (int word = 0; word < 4; ++word) a[g + word % 2 * 8][t + word / 2 * 8 + i] = known[own.a[word] >> (16 * i) & 0xffff];
            for (int word = 0; word < 2; ++word) b[t + word * 8 + i][g] = known[own.b[word] >> (16 * i) & 0xffff];
            d[g][t + i] = own.c[i];
            d[g + 8][t + i] = own.c[2 + i];
        }
    }
    for (int row = 0; row < 16; ++row)
        for (int k = 0; k < 16; ++k)
            for (int column = 0; column < 8; ++column) d[row][column] += a[row][k] * b[k][column];
    for (int lane = 0; lane < 32; ++lane)
        for (int i = 0; i < 4; ++i) static_cast<Multiplication *>(operands[lane])->d[i] = d[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2];
}

struct Loading {
    uint32_t from;
    uint32_t *to;
};

/// The row that lane 8 m + r names is row r of matrix m, of which each lane gets two values: a row's, by four lanes.
inline void loadAll(void *const *operands) {
    uint32_t rows[32];
    for (int lane = 0; lane < 32; ++lane) rows[lane] = static_cast<const Loading *>(operands[lane])->from;
    for (int matrix = 0; matrix < 4; ++matrix) {
        expectBanks(rows + 8 * matrix);
        for (int lane = 0; lane < 32; ++lane)
            std::memcpy(static_cast<Loading *>(operands[lane])->to + matrix, atShared(rows[8 * matrix + lane / 4], 16) + lane % 4 * 4, 4);
    }
}

inline void loadWords(void *const *operands) {
    uint32_t addresses[32];
    for (int lane = 0; lane < 32; ++lane) addresses[lane] = static_cast<const Loading *>(operands[lane])->from;
    for (int eight = 0; eight < 4; ++eight) expectBanks(addresses + 8 * eight);
    for (int lane = 0; lane < 32; ++lane) std::memcpy(static_cast<Loading *>(operands[lane])->to, atShared(addresses[lane], 16), 16);
}

}  // namespace emulation

inline unsigned char *dynamicShared() { return emulation::dynamicMemory.data(); }

inline uint32_t sharedAddress(const void *p) {
    const auto *const at = static_cast<const unsigned char *>(p), *const begin = emulation::dynamicMemory.data();
    if (at >= begin && at <= begin + emulation::dynamicMemory.size()) return emulation::dynamicBegin + uint32_t(at - begin);
    return emulation::variables + uint32_t(at - &emulation::anchor);
}

inline void barrierInit(uint32_t bar, int count) {
    emulation::barrierAt(emulation::atShared(bar, 8)) = {uint32_t(count) & 0xffff, uint32_t(count) & 0xffff, 0};
}
inline void barrierArrive(uint32_t bar) { emulation::arrive(reinterpret_cast<uint64_t *>(emulation::atShared(bar, 8))); }
inline void barrierWait(uint32_t bar, int parity) {
    const auto &barrier = emulation::barrierAt(emulation::atShared(bar, 8));
    while (int(barrier.phase & 1) == parity) emulation::yield();
}

inline int unknown(int number) { return number; }

inline void copyAsync(uint32_t to, const void *from, bool valid) {
    if (reinterpret_cast<uintptr_t>(from) % 16 != 0) emulation::fail("16 bytes are copied from no multiple of 16");
    emulation::block.fibers[emulation::block.thread].copies.push_back(
        {emulation::atShared(to, 16), valid ? static_cast<const unsigned char *>(from) : nullptr, nullptr});
    if (emulation::block.order.copiesAtOnce) emulation::landCopies(true);
}
inline void copyKept(uint32_t to, const void *from) { copyAsync(to, from, true); }
inline void copiesArrive(uint32_t bar) {
    auto *const barrier = reinterpret_cast<uint64_t *>(emulation::atShared(bar, 8));
    emulation::block.fibers[emulation::block.thread].copies.push_back({nullptr, nullptr, barrier});
    if (emulation::block.order.copiesAtOnce) emulation::landCopies(true);
}
inline void waitForCopies() { emulation::landCopies(true); }

inline uint4 loadShared(uint32_t from) {
    static const char name[] = "ld.shared.v4";
    uint32_t words[4];
    emulation::Loading own{from, words};
    emulation::together(name, &own, emulation::loadWords);
    return {words[0], words[1], words[2], words[3]};
}
inline void loadMatrices(uint32_t (&a)[4], uint32_t from) {
    static const char name[] = "ldmatrix";
    emulation::Loading own{from, a};
    emulation::together(name, &own, emulation::loadAll);
}
inline void multiply(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1, const float (&c)[4]) {
    static const char name[] = "mma";
    emulation::Multiplication own{d, {a[0], a[1], a[2], a[3]}, {b0, b1}, {c[0], c[1], c[2], c[3]}};
    emulation::together(name, &own, emulation::multiplyAll);
}
