// Stands in for libcuda.so.1 where NVENC.cpp stands in for libnvidia-encode.so.1: a driver with one device, of which libavcodec's NVENC
// wants a context. Nothing can be computed on it.
#include <ffnvcodec/dynlink_cuda.h>

#define ACCEPTED(name) \
    CUresult name() { return CUDA_SUCCESS; }
#define REFUSED(name) \
    CUresult name() { return CUDA_ERROR_UNKNOWN; }

extern "C" {

CUresult cuDeviceGetCount(int *count) {
    *count = 1;
    return CUDA_SUCCESS;
}

CUresult cuDeviceGet(CUdevice *device, int index) {
    *device = index;
    return CUDA_SUCCESS;
}

CUresult cuDeviceComputeCapability(int *major, int *minor, CUdevice) {
    *major = 7;
    *minor = 5;
    return CUDA_SUCCESS;
}

CUresult cuCtxCreate_v2(CUcontext *context, unsigned, CUdevice) {
    static int one = 0;
    *context = reinterpret_cast<CUcontext>(&one);
    return CUDA_SUCCESS;
}

ACCEPTED(cuInit) ACCEPTED(cuDeviceGetName) ACCEPTED(cuCtxPushCurrent_v2) ACCEPTED(cuCtxPopCurrent_v2) ACCEPTED(cuCtxDestroy_v2)

// Nobody calls them, but libavcodec takes no driver that lacks one.
REFUSED(cuGetErrorName) REFUSED(cuGetErrorString) REFUSED(cuDeviceGetAttribute) REFUSED(cuCtxSetLimit) REFUSED(cuMemAlloc_v2)
REFUSED(cuMemAllocPitch_v2) REFUSED(cuMemAllocManaged) REFUSED(cuMemsetD8Async) REFUSED(cuMemFree_v2) REFUSED(cuMemcpy)
REFUSED(cuMemcpyAsync) REFUSED(cuMemcpy2D_v2) REFUSED(cuMemcpy2DAsync_v2) REFUSED(cuMemcpyHtoD_v2) REFUSED(cuMemcpyHtoDAsync_v2)
REFUSED(cuMemcpyDtoH_v2) REFUSED(cuMemcpyDtoHAsync_v2) REFUSED(cuMemcpyDtoD_v2) REFUSED(cuMemcpyDtoDAsync_v2) REFUSED(cuCtxGetDevice)
REFUSED(cuDevicePrimaryCtxRetain) REFUSED(cuDevicePrimaryCtxRelease) REFUSED(cuDevicePrimaryCtxSetFlags) REFUSED(cuDevicePrimaryCtxGetState)
REFUSED(cuDevicePrimaryCtxReset) REFUSED(cuStreamCreate) REFUSED(cuStreamQuery) REFUSED(cuStreamSynchronize) REFUSED(cuStreamDestroy_v2)
REFUSED(cuStreamAddCallback) REFUSED(cuEventCreate) REFUSED(cuEventDestroy_v2) REFUSED(cuEventSynchronize) REFUSED(cuEventQuery)
REFUSED(cuEventRecord) REFUSED(cuLaunchKernel) REFUSED(cuLinkCreate) REFUSED(cuLinkAddData) REFUSED(cuLinkComplete) REFUSED(cuLinkDestroy)
REFUSED(cuModuleLoadData) REFUSED(cuModuleUnload) REFUSED(cuModuleGetFunction) REFUSED(cuModuleGetGlobal) REFUSED(cuTexObjectCreate)
REFUSED(cuTexObjectDestroy) REFUSED(cuGLGetDevices_v2) REFUSED(cuGraphicsGLRegisterImage) REFUSED(cuGraphicsUnregisterResource)
REFUSED(cuGraphicsMapResources) REFUSED(cuGraphicsUnmapResources) REFUSED(cuGraphicsSubResourceGetMappedArray)
REFUSED(cuGraphicsResourceGetMappedPointer_v2) REFUSED(cuArray3DCreate_v2) REFUSED(cuArrayDestroy)
}
