// C interface over OpenCV: what `coordinator compare` computes of every pixel.
//
// No call throws. A call that can fail returns a cc_status and writes one line of text into `error` (at most
// `capacity` bytes with the final zero). A handle may be used by one thread at a time.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define CC_NOEXCEPT noexcept
extern "C" {
#else
#define CC_NOEXCEPT
#endif

typedef enum {
    CC_OK = 0,
    CC_FAILED = 1,
    CC_OUT_OF_MEMORY = 2,
} cc_status;

// A picture's samples, and how luma is made of them: offset + the sum of weight times sample over the planes. Planes of
// weight 0 are not read.
typedef struct {
    int32_t width, height;
    int32_t bytes_per_sample;  // 1, or 2: little-endian words
    const void *planes[3];
    ptrdiff_t strides[3];  // bytes; multiples of a sample's size
    double weights[3];
    double offset;
} cc_samples;

// A picture's luma, 0 to 255, in floating point.
typedef struct cc_picture cc_picture;

// Where one picture's pixels are in another.
typedef struct cc_motion cc_motion;

// NULL where there is no memory. Freeing NULL does nothing.
cc_picture *cc_picture_new(void) CC_NOEXCEPT;
void cc_picture_free(cc_picture *picture) CC_NOEXCEPT;

// Takes the place of what the picture held. The samples are copied.
cc_status cc_picture_load(cc_picture *picture, const cc_samples *samples, char *error, size_t capacity) CC_NOEXCEPT;

// The variance of the Laplacian (4 neighbours) over the picture.
cc_status cc_sharpness(const cc_picture *picture, double *variance, char *error, size_t capacity) CC_NOEXCEPT;

// The picture made `width` by `height` small by averaging; `values` has room for their product.
cc_status cc_thumbnail(const cc_picture *picture, int32_t width, int32_t height, float *values, char *error,
                       size_t capacity) CC_NOEXCEPT;

// Of two pictures of one size, no side shorter than 11.
// squared_error: the mean squared difference. ssim: the mean structural similarity, Wang et al. 2004.
cc_status cc_similarity(const cc_picture *picture, const cc_picture *other, double *squared_error, double *ssim,
                        char *error, size_t capacity) CC_NOEXCEPT;

// NULL where there is no memory. Freeing NULL does nothing.
cc_motion *cc_motion_new(void) CC_NOEXCEPT;
void cc_motion_free(cc_motion *motion) CC_NOEXCEPT;

// Estimates dense flow from `picture` to `next`, both of one size, no side shorter than 32, by DIS (Kroeger et al. 2016), and which pixels are to be
// seen in both. seen: their share, 0 to 1. The answer depends on the two pictures alone.
cc_status cc_motion_estimate(cc_motion *motion, const cc_picture *picture, const cc_picture *next, double *seen,
                             char *error, size_t capacity) CC_NOEXCEPT;

// The mean squared difference, over the pixels that are to be seen in both, between `picture` and `next` brought back by the
// motion. Both are of the size that the motion was estimated of; at least one pixel must be seen.
cc_status cc_motion_error(const cc_motion *motion, const cc_picture *picture, const cc_picture *next,
                          double *squared_error, char *error, size_t capacity) CC_NOEXCEPT;

#ifdef __cplusplus
}
#endif
