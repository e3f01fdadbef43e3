// What a device does, kernel by kernel and copy by copy, by libtorch's profiler (Kineto, which asks NVIDIA's CUPTI).
#include <torch/csrc/autograd/profiler_kineto.h>

#include <chrono>
#include <set>
#include <thread>

#include "Errors.h"

namespace {

namespace profiler = torch::autograd::profiler;
namespace settings = torch::profiler::impl;

/// Operators are seen on the thread that asks only, which runs none; the device's work is seen whoever asked for it.
const std::set<settings::ActivityType> activities{settings::ActivityType::CUDA};

settings::ProfilerConfig config() { return settings::ProfilerConfig(settings::ProfilerState::KINETO); }

}  // namespace

ct_status ct_trace_prepare(char *error, size_t capacity) noexcept {
    return ct::guarded(error, capacity, [] { profiler::prepareProfiler(config(), activities); });
}

ct_status ct_trace_record(double seconds, const char *path, char *error, size_t capacity) noexcept {
    return ct::guarded(error, capacity, [&] {
        profiler::enableProfiler(config(), activities);
        std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
        profiler::disableProfiler()->save(path);
    });
}
