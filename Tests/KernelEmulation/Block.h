// A block of a kernel's threads on the CPU, each a fiber: they go on until they wait for each other.
#pragma once
#include <setjmp.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <vector>

struct Dimensions {
    unsigned x = 1, y = 1, z = 1;
};
inline Dimensions threadIdx, blockIdx, blockDim, gridDim;

namespace emulation {

[[noreturn]] inline void fail(const char *what) {
    std::printf("  FAILED: %s (block %u, thread %u)\n", what, blockIdx.x, threadIdx.x);
    std::fflush(stdout);
    _exit(1);
}

/// What a device may do in any order: who goes on first, and when copies land.
struct Order {
    /// Whenever several warps may go on, the one with the lowest number goes, or with the highest, or some lanes of any one.
    enum { upwards, downwards, anyhow } first;
    /// Asynchronous copies land when they are asked for, which shows who still reads what they overwrite; or when they are waited for, which
    /// shows who does not wait.
    bool copiesAtOnce;
};

struct Copy {
    unsigned char *to;
    const unsigned char *from;  // null for zeros
    uint64_t *arrival;          // no copy, but an arrival at this barrier
};

struct Fiber {
    static constexpr size_t stackBytes = 1 << 16;
    std::unique_ptr<char[]> stack{new char[stackBytes]};
    ucontext_t begin;
    jmp_buf place;
    bool hasBegun, isDone;
    std::vector<Copy> copies;
};

/// The lanes of a warp that came to an instruction which takes all of them.
struct Meeting {
    const char *instruction = nullptr;
    int arrived = 0;
    unsigned turn = 0;
    void *operands[32];
};

struct Block {
    std::vector<Fiber> fibers;
    std::vector<Meeting> meetings;
    const std::function<void()> *kernel;
    Order order;
    ucontext_t outside;
    jmp_buf scheduler;
    unsigned thread = 0;
    /// Counts whatever may let somebody go on.
    unsigned long events = 0;
    unsigned living = 0, atBarrier = 0, barrierTurn = 0;
};
inline Block block;

inline void arrive(uint64_t *barrier);

/// Of this thread, those that have to land now: all, or those that an arrival follows.
inline void landCopies(bool all) {
    auto &copies = block.fibers[block.thread].copies;
    size_t count = copies.size();
    if (!all)
        while (count > 0 && !copies[count - 1].arrival) --count;
    for (size_t i = 0; i < count; ++i) {
        if (copies[i].arrival) arrive(copies[i].arrival);
        else for (int byte = 0; byte < 16; ++byte) copies[i].to[byte] = copies[i].from ? copies[i].from[byte] : 0;
    }
    copies.erase(copies.begin(), copies.begin() + long(count));
}

/// Somebody else's turn.
inline void yield() {
    landCopies(false);
    if (_setjmp(block.fibers[block.thread].place) == 0) _longjmp(block.scheduler, 1);
}

inline void runFiber() {
    (*block.kernel)();
    if (!block.fibers[block.thread].copies.empty()) fail("a thread ends whose copies are on their way");
    block.fibers[block.thread].isDone = true;
    --block.living;
    ++block.events;
    _longjmp(block.scheduler, 1);
}

inline void resume(unsigned thread) {
    Fiber &fiber = block.fibers[thread];
    block.thread = threadIdx.x = thread;
    if (_setjmp(block.scheduler) != 0) return;
    if (fiber.hasBegun) _longjmp(fiber.place, 1);
    fiber.hasBegun = true;
    getcontext(&fiber.begin);
    fiber.begin.uc_stack.ss_sp = fiber.stack.get();
    fiber.begin.uc_stack.ss_size = Fiber::stackBytes;
    fiber.begin.uc_link = nullptr;
    makecontext(&fiber.begin, runFiber, 0);
    setcontext(&fiber.begin);
}

/// As far as a warp comes. Whether that is any further.
inline bool advance(unsigned warp) {
    const auto before = block.events;
    for (auto last = before - 1; last != block.events;) {
        last = block.events;
        for (unsigned lane = 0; lane < 32; ++lane)
            if (!block.fibers[warp * 32 + lane].isDone) resume(warp * 32 + lane);
    }
    return block.events != before;
}

/// Some lanes of some warps, many times. Whether that is any further.
inline bool advanceAnyhow(unsigned threads) {
    static std::minstd_rand random;
    const auto before = block.events;
    for (int i = 0; i < 64; ++i) {
        const unsigned begin = unsigned(random()) % threads, end = std::min(threads, begin + 1 + unsigned(random()) % 32);
        for (unsigned thread = begin; thread < end; ++thread)
            if (!block.fibers[thread].isDone) resume(thread);
    }
    return block.events != before;
}

inline void runBlock(unsigned threads) {
    block.fibers.resize(threads);
    block.meetings.assign(threads / 32, {});
    for (auto &fiber : block.fibers) fiber.hasBegun = fiber.isDone = false;
    block.living = threads;
    block.atBarrier = 0;
    while (block.living > 0) {
        bool isAny = block.order.first == Order::anyhow && advanceAnyhow(threads);
        for (unsigned i = 0; i < threads / 32 && !isAny; ++i) isAny = advance(block.order.first == Order::downwards ? threads / 32 - 1 - i : i);
        if (!isAny) fail("threads wait for each other");
    }
}

/// All lanes of a warp come here, and the last one does it for all, whose operands lie at `own`.
template <typename Work>
void together(const char *instruction, void *own, const Work &work) {
    Meeting &meeting = block.meetings[block.thread / 32];
    if (meeting.arrived > 0 && meeting.instruction != instruction) fail("lanes of a warp are at different instructions");
    meeting.instruction = instruction;
    meeting.operands[block.thread % 32] = own;
    const unsigned turn = meeting.turn;
    if (++meeting.arrived == 32) {
        work(meeting.operands);
        meeting.arrived = 0;
        ++meeting.turn;
        ++block.events;
    } else while (meeting.turn == turn) yield();
}

/// - launches: calls the kernel, once for each thread.
inline void launch(Dimensions grid, unsigned threads, Order order, const std::function<void()> &kernel) {
    block.kernel = &kernel;
    block.order = order;
    gridDim = grid;
    blockDim = {threads, 1, 1};
    for (unsigned z = 0; z < grid.z; ++z)
        for (unsigned y = 0; y < grid.y; ++y)
            for (unsigned x = 0; x < grid.x; ++x) {
                blockIdx = {x, y, z};
                runBlock(threads);
            }
}

}  // namespace emulation

inline void __syncthreads() {
    auto &block = emulation::block;
    const unsigned turn = block.barrierTurn;
    if (++block.atBarrier == block.living) {
        block.atBarrier = 0;
        ++block.barrierTurn;
        ++block.events;
    } else while (block.barrierTurn == turn) emulation::yield();
}

inline void __syncwarp() {
    static const char name[] = "syncwarp";
    emulation::together(name, nullptr, [](void *const *) {});
}
