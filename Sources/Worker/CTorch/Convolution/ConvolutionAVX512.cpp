#if defined(__x86_64__)
#include <algorithm>

#include "Convolution.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,fma"))), apply_to = function)
#define CT_VECTOR 16
#define CT_PANEL 4
#define CT_FUSED 1
#include "ConvolutionKernel.h"
#pragma clang attribute pop

const ct::ConvolutionKernel ct::avx512Kernel = {"avx512", width, panel, scratchSize, run};
#endif
