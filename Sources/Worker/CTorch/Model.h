#pragma once
#include <torch/script.h>

#include <memory>

/// A network on its device, or the built-in nearest-neighbour enlargement.
struct ct_model {
    int64_t scale;
    at::Device device;
    at::ScalarType type;
    /// Empty for nearest.
    std::unique_ptr<torch::jit::Module> network;

    ct_model(int64_t scale, at::Device device, at::ScalarType type) : scale(scale), device(device), type(type) {}

    /// [N, 3, H, W] of floats on the device to [N, 3, scale·H, scale·W] in any type. Throws where the network gives
    /// another shape.
    at::Tensor run(const at::Tensor &input);
};
