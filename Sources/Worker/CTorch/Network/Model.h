#pragma once
#include <torch/script.h>

#include <memory>
#include <string>

#include "Enlarged.h"

/// A network on its device, or the built-in nearest-neighbour enlargement.
struct ct_model {
    int64_t scale;
    /// Pictures that it sees to make one: odd.
    int64_t window;
    at::Device device;
    at::ScalarType type;
    /// Empty for nearest.
    std::unique_ptr<torch::jit::Module> network;
    /// Convolutions that run in our own kernels, concatenations that these need not have done, and shuffles and sums of our own.
    int32_t own = 0, apart = 0, shuffles = 0;
    /// Convolutions that run in our own kernels on a device.
    int32_t onDevice = 0;
    /// Of the network's last shuffle, where it returns what goes into that; else 0.
    int64_t shuffle = 0;
    /// Of its file; empty for nearest.
    std::string path;
    /// Why none run in them there although some could.
    std::string problem;

    ct_model(int64_t scale, int64_t window, at::Device device, at::ScalarType type)
        : scale(scale), window(window), device(device), type(type) {}

    /// The network of a file. `isOwn`: what there are kernels of ours for runs in them. Throws where it is none.
    void load(const char *path, bool isOwn);

    /// Values from low to high, of the shape that `run` takes for `batch` pictures.
    at::Tensor ramp(int64_t batch, int64_t width, int64_t height, double low, double high) const;

    /// [N, 3, H, W], or with a window [N, window, 3, H, W], of floats on the device to [N, 3, scale·H, scale·W] in any type.
    /// Throws where the network gives another shape.
    at::Tensor run(const at::Tensor &input) { return enlarged(input).pictures(); }
    /// The same, perhaps ahead of its last shuffle.
    ct::Enlarged enlarged(const at::Tensor &input);
};
