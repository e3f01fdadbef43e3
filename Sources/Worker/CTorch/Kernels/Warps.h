// What kernels by warp-wide products (mma.sync) are made of: instructions that C++ has no words for, from Ampere on.
// Included by <>: Tests/KernelEmulation has a header of this name, that does the same on a CPU.
#pragma once
#include <cuda_fp16.h>

#include <cstdint>

/// What was asked for when the kernel was launched.
__device__ __forceinline__ unsigned char *dynamicShared() {
    extern __shared__ uint4 memory[];
    return reinterpret_cast<unsigned char *>(memory);
}
__device__ __forceinline__ uint32_t sharedAddress(const void *p) { return uint32_t(__cvta_generic_to_shared(p)); }

__device__ __forceinline__ void barrierInit(uint32_t bar, int count) {
    asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(bar), "r"(count) : "memory");
}
__device__ __forceinline__ void barrierArrive(uint32_t bar) {
    asm volatile("{\n.reg .b64 state;\nmbarrier.arrive.shared.b64 state, [%0];\n}" ::"r"(bar) : "memory");
}
__device__ __forceinline__ void barrierWait(uint32_t bar, int parity) {
    asm volatile("{\n.reg .pred p;\nAGAIN:\nmbarrier.test_wait.parity.shared.b64 p, [%0], %1;\n@!p bra AGAIN;\n}" ::"r"(bar), "r"(parity)
                 : "memory");
}
/// The same number, of which the compiler knows nothing: what follows from it is computed where it stands, and waits in no registers.
__device__ __forceinline__ int unknown(int number) {
    asm volatile("" : "+r"(number));
    return number;
}
/// 16 bytes from `from`, or zeros.
__device__ __forceinline__ void copyAsync(uint32_t to, const void *from, bool valid) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(__cvta_generic_to_global(from)), "r"(valid ? 16 : 0)
                 : "memory");
}
/// 16 bytes, which the SM's own cache keeps for its other blocks.
__device__ __forceinline__ void copyKept(uint32_t to, const void *from) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 16;" ::"r"(to), "l"(__cvta_generic_to_global(from)) : "memory");
}
/// One arrival at `bar` once this thread's copies so far have landed.
__device__ __forceinline__ void copiesArrive(uint32_t bar) {
    asm volatile("cp.async.mbarrier.arrive.noinc.shared.b64 [%0];" ::"r"(bar) : "memory");
}
/// Until this thread's copies so far have landed.
__device__ __forceinline__ void waitForCopies() { asm volatile("cp.async.wait_all;" ::: "memory"); }
/// A multiple of 16.
__device__ __forceinline__ uint4 loadShared(uint32_t from) {
    uint4 v;
    asm volatile("ld.shared.v4.u32 {%0,%1,%2,%3}, [%4];" : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "r"(from));
    return v;
}
/// Four matrices of 8 x 8, of which each lane names a row: of the matrix lane / 8.
__device__ __forceinline__ void loadMatrices(uint32_t (&a)[4], uint32_t from) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(a[0]), "=r"(a[1]), "=r"(a[2]), "=r"(a[3])
                 : "r"(from));
}
/// d = a b + c, 16 x 16 by 16 x 8.
__device__ __forceinline__ void multiply(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1, const float (&c)[4]) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%10,%11,%12,%13};"
        : "=f"(d[0]), "=f"(d[1]), "=f"(d[2]), "=f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1), "f"(c[0]), "f"(c[1]), "f"(c[2]), "f"(c[3]));
}
