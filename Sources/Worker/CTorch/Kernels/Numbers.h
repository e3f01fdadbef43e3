// Of kernels: values of either type as floats.
#pragma once
#include <cuda_fp16.h>

namespace ct::kernels {

__device__ __forceinline__ float number(float value) { return value; }
__device__ __forceinline__ float number(__half value) { return __half2float(value); }

}  // namespace ct::kernels
