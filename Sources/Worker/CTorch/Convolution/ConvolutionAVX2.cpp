#if defined(__x86_64__)
#include <algorithm>

#include "Convolution.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define CT_VECTOR 8
#define CT_PANEL 2
#define CT_FUSED 1
#include "ConvolutionKernel.h"
#pragma clang attribute pop

const ct::ConvolutionKernel ct::avx2Kernel = {"avx2", width, panel, scratchSize, run};
#endif
