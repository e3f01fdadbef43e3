// A device's memory, of which each allocation lies between two pages that nobody may touch.
#pragma once
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "Block.h"

namespace emulation {

/// Says of a fault what it is.
inline void expectFaults() {
    const auto fault = [](int) { fail("memory that nobody may touch, or an address that is no multiple of what is read"); };
    signal(SIGSEGV, fault);
    signal(SIGBUS, fault);
}

/// `count` values that end, but for less than 16 bytes, where such a page begins. What surrounds them are halves and floats that are no numbers.
template <typename Value>
class Memory {
public:
    explicit Memory(size_t count) : count(count) {
        const size_t page = size_t(sysconf(_SC_PAGESIZE)), used = (count * sizeof(Value) + 15) / 16 * 16;
        bytes = (used + page - 1) / page * page + 2 * page;
        void *const mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED) fail("no memory");
        begin = static_cast<unsigned char *>(mapped);
        values = reinterpret_cast<Value *>(begin + bytes - page - used);
        std::memset(begin, 0xff, bytes);
        mprotect(begin, page, PROT_NONE);
        mprotect(begin + bytes - page, page, PROT_NONE);
    }
    explicit Memory(const std::vector<Value> &from) : Memory(from.size()) { std::memcpy(values, from.data(), count * sizeof(Value)); }
    ~Memory() {
        if (begin) munmap(begin, bytes);
    }
    Memory(Memory &&other) : values(other.values), count(other.count), begin(other.begin), bytes(other.bytes) { other.begin = nullptr; }
    Memory(const Memory &) = delete;

    /// Whether nothing beside the values was written to.
    bool isWhole() const {
        const size_t page = size_t(sysconf(_SC_PAGESIZE));
        const auto isUntouched = [](const unsigned char *from, const unsigned char *to) {
            for (; from < to; ++from)
                if (*from != 0xff) return false;
            return true;
        };
        return isUntouched(begin + page, reinterpret_cast<const unsigned char *>(values))
            && isUntouched(reinterpret_cast<const unsigned char *>(values + count), begin + bytes - page);
    }

    Value *values;
    const size_t count;

private:
    unsigned char *begin;
    size_t bytes;
};

}  // namespace emulation
