// Convolutions 3x3 on the CPU with a fifth of the multiplications (of pictures that are not small) that libtorch takes: what nearly all of an
// upscaling network's time goes into. This header knows nothing of torch: kernels are compiled once for each set of instructions.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ct {

/// Channels that follow each other in a convolution's input, and lie apart from the others: [pictures, height, width, channels].
struct ConvolutionInput {
    const float *samples;
    int64_t channels;
};

/// How many channels all inputs but the last must be a multiple of: the widest vector.
constexpr int64_t inputGranularity = 16;

/// A convolution 3x3, stride 1, padding 1, of pictures in channels-last order, and what follows it.
struct ConvolutionTask {
    /// One behind the other, `in` channels in all; one only where sums are taken directly.
    const ConvolutionInput *inputs;
    int64_t inputCount;
    /// [pictures, height, width, out].
    float *output;
    /// As `packed` lays them out for the kernel that runs.
    const float *weights;
    /// An entry an output channel, filled up to whole vectors: what is added, and what negative sums are then multiplied by.
    const float *bias, *slope;
    int64_t pictures, height, width, in, out;
};

/// One set of instructions.
struct ConvolutionKernel {
    const char *name;
    /// Floats in a vector, and vectors of output channels that are computed together.
    int64_t vector, panel;
    /// Floats that a thread needs beside, on a border of 64 bytes.
    size_t (*scratch)(const ConvolutionTask &);
    /// Does one part after the other until `next` says that there are none: every thread calls it at once.
    void (*run)(const ConvolutionTask &, std::atomic<int64_t> &next, float *scratch);
};

extern const ConvolutionKernel plainKernel;
#if defined(__x86_64__)
extern const ConvolutionKernel avx2Kernel, avx512Kernel;
#endif

/// Those that this processor has, the widest first. All that have fused multiplications give the same bits.
const std::vector<const ConvolutionKernel *> &convolutionKernels();
inline const ConvolutionKernel &convolutionKernel() { return *convolutionKernels().front(); }

/// `channels` in whole vectors.
int64_t filled(const ConvolutionKernel &, int64_t channels);

/// With so few input channels sums are taken directly: transforming would cost more than it saves.
inline bool isDirect(int64_t in) { return in < 8; }

/// Weights [out, in, 3, 3], transformed and in the order in which the kernel reads them.
std::vector<float> packed(const ConvolutionKernel &, const float *weights, int64_t in, int64_t out);

}  // namespace ct
