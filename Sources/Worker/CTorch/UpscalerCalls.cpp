// An upscaler's calls: nothing is thrown, and all work of a device belongs on the upscaler's stream.
#include <c10/core/InferenceMode.h>

#include <cstdio>
#include <memory>

#include "Errors.h"
#include "OnStream.h"
#include "Rows.h"
#include "Surroundings.h"

ct_status ct_upscaler_open(
    ct_model *model, const ct_format *input, const ct_format *output, double low, double high, int32_t blend_radius,
    ct_around around, int32_t under_way, ct_upscaler **upscaler, char *error, size_t capacity) noexcept {
    return ct::guarded(error, capacity, [&] {
        const ct::Surroundings surroundings{*input, *output, low, high, blend_radius};
        const bool isTried = around == CT_AROUND_BY_TRIED_KERNELS && !model->device.is_cpu() && ct::kernelsFor(model->device);
        const auto problem = isTried ? ct::problemAround(*model, surroundings) : "";
        auto made = surroundings.open(*model, around == CT_AROUND_BY_OPERATIONS || !problem.empty(), under_way);
        made->problem = problem;
        *upscaler = made.release();
    });
}

const char *ct_upscaler_kernels_problem(const ct_upscaler *upscaler) noexcept { return upscaler->problem.c_str(); }

ct_status ct_upscaler_try(
    ct_model *model, const ct_format *input, const ct_format *output, double low, double high, int32_t blend_radius, char *problem,
    size_t problem_capacity, char *error, size_t capacity) noexcept {
    return ct::guarded(error, capacity, [&] {
        const auto words = ct::triedAround(*model, {*input, *output, low, high, blend_radius});
        std::snprintf(problem, problem_capacity, "%s", words.value_or("").c_str());
    });
}

void ct_upscaler_close(ct_upscaler *upscaler) noexcept {
    if (upscaler == nullptr) return;
    const ct::OnStream stream(*upscaler);
    delete upscaler;
}

namespace {

/// Does `work`, and waits for it unless it is part of a call that is collected later.
template <typename Work>
ct_status called(ct_upscaler *upscaler, int32_t threads, char *error, size_t capacity, const Work &work) noexcept {
    return ct::guarded(error, capacity, [&] {
        const c10::InferenceMode inference;
        ct::useThreads(threads);
        const ct::OnStream stream(*upscaler);
        try {
            work();
            upscaler->flights.settle();
        } catch (...) {
            if (!upscaler->flights.isOpen()) upscaler->flights.current().abandon();
            throw;
        }
    });
}

}  // namespace

ct_status ct_upscale(
    ct_upscaler *upscaler, const ct_plan *plan, int32_t threads, const ct_input *inputs, const ct_output *outputs,
    int32_t count, char *error, size_t capacity) noexcept {
    return called(upscaler, threads, error, capacity, [&] { upscaler->upscale(*plan, inputs, outputs, count); });
}

ct_status ct_upscaler_show(
    ct_upscaler *upscaler, int32_t threads, const ct_input *inputs, int32_t count, char *error,
    size_t capacity) noexcept {
    return called(upscaler, threads, error, capacity, [&] { upscaler->show(inputs, count); });
}

ct_status ct_upscaler_keep(
    ct_upscaler *upscaler, const ct_plan *plan, int32_t threads, const ct_input *inputs, int32_t count, char *error,
    size_t capacity) noexcept {
    return called(upscaler, threads, error, capacity, [&] { upscaler->keep(*plan, inputs, count); });
}

ct_status ct_upscaler_blend(
    ct_upscaler *upscaler, int32_t threads, const ct_input *inputs, const ct_output *outputs, int32_t count,
    char *error, size_t capacity) noexcept {
    return called(upscaler, threads, error, capacity, [&] {
        for (int32_t i = 0; i < count; ++i) upscaler->blend(inputs[i], outputs[i]);
    });
}

ct_status ct_upscaler_time(
    ct_upscaler *upscaler, const ct_plan *plan, int32_t threads, const ct_input *inputs, int32_t count, int32_t calls,
    double *seconds_a_call, char *error, size_t capacity) noexcept {
    return called(upscaler, threads, error, capacity, [&] {
        *seconds_a_call = upscaler->secondsOfNetwork(*plan, inputs, count, calls);
    });
}

ct_status ct_upscaler_begin(ct_upscaler *upscaler, char *error, size_t capacity) noexcept {
    return ct::guarded(error, capacity, [&] { upscaler->flights.begin(); });
}

ct_status ct_upscaler_end(ct_upscaler *upscaler, char *error, size_t capacity) noexcept {
    return ct::guarded(error, capacity, [&] {
        const ct::OnStream stream(*upscaler);
        upscaler->flights.end();
    });
}

void ct_upscaler_abandon(ct_upscaler *upscaler) noexcept {
    const ct::OnStream stream(*upscaler);
    upscaler->flights.abandon();
}

ct_status ct_upscaler_collect(ct_upscaler *upscaler, char *error, size_t capacity) noexcept {
    return ct::guarded(error, capacity, [&] {
        const c10::InferenceMode inference;
        upscaler->flights.collect();
    });
}

void ct_upscaler_forget(ct_upscaler *upscaler, int64_t below) noexcept {
    if (upscaler->kept) upscaler->kept->forget(below);
    if (upscaler->reel) upscaler->reel->forget(below);
}
