#pragma once
#include <functional>
#include <string>

#include "Alpha.h"
#include "Blend.h"
#include "DeviceFinishing.h"
#include "Flights.h"
#include "FromRGB.h"
#include "Model.h"
#include "Reel.h"
#include "Resampler.h"
#include "ToRGB.h"

/// Pictures of one format to pictures of another, through a network and, where its size is not the wanted one, a resampler.
struct ct_upscaler {
    /// - isPlain: by tensor operations on the CPU, too, as on other devices.
    ct_upscaler(
        ct_model &model, const ct_format &input, const ct_format &output, double low, double high, bool isPlain,
        int underWay);
    void upscale(const ct_plan &plan, const ct_input *inputs, const ct_output *outputs, int count);
    /// Upscales pictures and keeps them to be blended.
    void keep(const ct_plan &plan, const ct_input *inputs, int count);
    void blend(const ct_input &input, const ct_output &output);

    /// Lets a network with a window see pictures; those around one must be there before it is upscaled.
    void show(const ct_input *inputs, int count);

    /// Seconds that the network takes for pictures, of `calls` in a row.
    double secondsOfNetwork(const ct_plan &plan, const ct_input *inputs, int count, int calls);

    std::optional<ct::Blend> kept;
    std::optional<ct::Reel> reel;
    ct::Flights flights;
    /// Where a device's work belongs: the default stream is left to the hardware decoder, which knows no other.
    std::optional<c10::Stream> stream;
    /// Why this library's kernels do not surround the network although they could.
    std::string problem;

  private:
    /// Gives of each picture what it became and the source, [3, height, width], both of values in [low, high].
    using Taker = std::function<void(int index, const ct::Finished &result, const at::Tensor &source)>;
    void expectFitting(const ct_plan &plan, int count) const;
    /// - canShuffle: whether `take` can do what is left of the network's last shuffle.
    void enlarge(const ct_plan &plan, const ct_input *inputs, int count, bool canShuffle, const Taker &take);
    at::Tensor gather(const ct_plan &plan, const ct_input *inputs, int count);
    at::Tensor gatherAround(const ct_plan &plan, const ct_input *inputs, int count) const;
    ct::Enlarged throughNetwork(const ct_plan &plan, const at::Tensor &batch);
    ct::Finished finished(const at::Tensor &enlarged, const at::Tensor &source, at::Tensor &means) const;
    /// In floats and in the wanted size.
    ct::Finished resized(const ct::Finished &picture) const;
    at::Tensor share(const at::Tensor &means) const { return means.sub(low).div_(high - low); }
    ct::Transfers &transfers() { return flights.current(); }
    void expectPicture(float before, float after, int64_t number) const;

    ct_model &model;
    ct_format input, output;
    double low, high;
    /// Of the network; nearest takes RGB as it is.
    std::optional<ct::ValueRange> values;
    bool isFused;
    /// Of a device other than the CPU, unless all is done by tensor operations.
    const ct::DeviceKernels *kernels;
    ct::ToRGB toRGB;
    ct::FromRGB fromRGB;
    std::optional<ct::Resampler> resampler;
    ct::Alpha alpha;
};
