// What a convolution sees, of one tensor or several.
#pragma once
#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

namespace ct {

/// What kernels can read where it lies.
struct Readable {
    at::ScalarType type;
    /// Of each picture's channels but the last one's.
    int64_t granularity;
    size_t most;
};

/// Pictures in channels-last order that hold a convolution's channels one behind the other: as they were given, or concatenated where
/// the kernels cannot read them so.
struct ConvolutionInputs {
    std::vector<at::Tensor> tensors;
    int64_t channels = 0;

    ConvolutionInputs(const std::vector<at::Tensor> &given, const Readable &readable) {
        TORCH_CHECK(!given.empty(), "a convolution takes a picture at least");
        if (given.size() > 1 && !canStayApart(given, readable)) take(at::cat(given, 1), readable);
        else for (const auto &tensor : given) take(tensor, readable);
    }

private:
    void take(const at::Tensor &tensor, const Readable &readable) {
        // The operator can be named in any TorchScript file.
        TORCH_CHECK(
            tensor.dim() == 4 && tensor.scalar_type() == readable.type, "a convolution takes [N, C, H, W] of ", readable.type);
        tensors.push_back(tensor.contiguous(at::MemoryFormat::ChannelsLast));
        channels += tensor.size(1);
    }

    /// What differs in type or size is left to libtorch, which brings it together or says why not.
    static bool canStayApart(const std::vector<at::Tensor> &given, const Readable &readable) {
        const auto isAlike = [&](const at::Tensor &tensor) {
            return tensor.dim() == 4 && tensor.scalar_type() == readable.type && tensor.device() == given[0].device()
                && tensor.size(0) == given[0].size(0) && tensor.size(2) == given[0].size(2) && tensor.size(3) == given[0].size(3);
        };
        if (given.size() > readable.most || !std::all_of(given.begin(), given.end(), isAlike)) return false;
        const auto fits = [&](const at::Tensor &tensor) {
            return tensor.size(1) > 0 && tensor.size(1) % readable.granularity == 0;
        };
        return std::all_of(given.begin(), given.end() - 1, fits) && given.back().size(1) > 0;
    }
};

}  // namespace ct
