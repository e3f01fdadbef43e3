// What a convolution sees, of one tensor or several.
#pragma once
#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "Convolution.h"

namespace ct {

/// Pictures in channels-last order that hold a convolution's channels one behind the other: as they were given, or concatenated where
/// the kernels cannot read them so.
struct ConvolutionInputs {
    std::vector<at::Tensor> tensors;
    std::vector<ConvolutionInput> parts;
    int64_t channels = 0;

    explicit ConvolutionInputs(const std::vector<at::Tensor> &given) {
        TORCH_CHECK(!given.empty(), "a convolution takes a picture at least");
        if (given.size() > 1 && !canStayApart(given)) take(at::cat(given, 1));
        else for (const auto &tensor : given) take(tensor);
    }

private:
    void take(const at::Tensor &tensor) {
        // The operator can be named in any TorchScript file.
        TORCH_CHECK(
            tensor.dim() == 4 && tensor.scalar_type() == at::kFloat, "a convolution takes [N, C, H, W] of floats");
        tensors.push_back(tensor.contiguous(at::MemoryFormat::ChannelsLast));
        parts.push_back({tensors.back().data_ptr<float>(), tensor.size(1)});
        channels += tensor.size(1);
    }

    /// What differs in type or size is left to libtorch, which brings it together or says why not.
    static bool canStayApart(const std::vector<at::Tensor> &given) {
        const auto isAlike = [&](const at::Tensor &tensor) {
            return tensor.dim() == 4 && tensor.scalar_type() == at::kFloat && tensor.size(0) == given[0].size(0)
                && tensor.size(2) == given[0].size(2) && tensor.size(3) == given[0].size(3);
        };
        if (!std::all_of(given.begin(), given.end(), isAlike)) return false;
        const auto fits = [](const at::Tensor &tensor) {
            return tensor.size(1) > 0 && tensor.size(1) % inputGranularity == 0;
        };
        return std::all_of(given.begin(), given.end() - 1, fits) && given.back().size(1) > 0;
    }
};

}  // namespace ct
