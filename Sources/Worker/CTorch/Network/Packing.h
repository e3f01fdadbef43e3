// Weights in the order in which the threads of a device's kernels hold them; in plain memory, as Tests/KernelEmulation needs them too.
#pragma once
#include <cstdint>

namespace ct {

/// Fragments of two products' right sides, of 16 inputs and 16 outputs: [lane][product][register][2]. Column c of product j of a warp is output
/// `neighbours` * (c / 2) + 2 j + c % 2, such that a lane ends up with neighbours.
/// - pair: which two of the warp's products.
/// - weight: of an output of the warp and one of the inputs.
/// - Returns: behind what was written.
template <typename Half, typename Weight>
Half *packPair(Half *to, int pair, int neighbours, const Weight &weight) {
    for (int lane = 0; lane < 32; ++lane)
        for (int part = 0; part < 8; ++part) {
            const int column = lane / 4, product = 2 * pair + part / 4;
            *to++ = weight(neighbours * (column / 2) + 2 * product + column % 2, lane % 4 * 2 + part / 2 % 2 * 8 + part % 2);
        }
    return to;
}

/// For `conv3x3_sm80`, 64 by 64: [tap][16 inputs][16 outputs] of pairs.
/// - weight: of an output, an input and a tap.
template <typename Half, typename Weight>
void packForAmpere(Half *to, const Weight &weight) {
    for (int tap = 0; tap < 9; ++tap)
        for (int input = 0; input < 64; input += 16)
            for (int output = 0; output < 64; output += 16)
                to = packPair(to, 0, 4, [&](int o, int i) { return weight(output + o, input + i, tap); });
}

/// The kernel's outputs for so many channels: see Kernels/Dense.cu.
inline int denseOutputs(int64_t channels) { return channels > 32 ? 64 : channels > 16 ? 32 : 16; }

/// For `dense3x3_64`, `_32` or `_16`: [16 inputs][tap][32 outputs, or 16][16 outputs] of pairs.
template <typename Half, typename Weight>
void packDense(Half *to, int64_t inputs, int outputs, const Weight &weight) {
    const int each = outputs < 32 ? outputs : 32;
    for (int64_t input = 0; input < inputs; input += 16)
        for (int tap = 0; tap < 9; ++tap)
            for (int output = 0; output < outputs; output += each)
                for (int pair = 0; pair < each / 16; ++pair)
                    to = packPair(to, pair, each / 4, [&](int o, int i) { return weight(output + o, input + i, tap); });
}

}  // namespace ct
