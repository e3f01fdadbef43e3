// What every processor has: on ARM that is NEON, with fused multiplications; on x86-64 SSE2, without.
#include <algorithm>

#include "Convolution.h"

#define CT_VECTOR 4
#if defined(__aarch64__)
#define CT_PANEL 4
#define CT_FUSED 1
#else
#define CT_PANEL 2
#define CT_FUSED 0
#endif
#include "ConvolutionKernel.h"

const ct::ConvolutionKernel ct::plainKernel = {"plain", width, panel, scratchSize, run};
