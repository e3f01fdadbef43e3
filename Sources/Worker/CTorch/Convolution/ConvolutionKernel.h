// The kernels of Convolution.h for one set of instructions: a file that includes this defines CT_VECTOR, floats in a vector, CT_PANEL,
// vectors that are computed together, and CT_FUSED, whether multiplications are fused with additions.
#include "KernelVectors.h"

#include "DirectKernel.h"
#include "WinogradKernel.h"

namespace {

size_t scratchSize(const ct::ConvolutionTask &task) {
    if (ct::isDirect(task.in)) return rows * whole(task.out) + 9 * task.in * task.width;
    const Layout layout(task);
    return positions * layout.position + rows * layout.in;
}

void run(const ct::ConvolutionTask &task, std::atomic<int64_t> &next, float *scratch) {
    ct::isDirect(task.in) ? runDirect(task, next, scratch) : runTransformed(task, next, scratch);
}

}  // namespace
