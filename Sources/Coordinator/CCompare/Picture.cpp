#include "Picture.h"

#include <new>
#include <opencv2/imgproc.hpp>

#include "Errors.h"

namespace {

/// Adds what one plane gives to the luma, or begins with it.
void add(const cc_samples &samples, int index, bool isFirst, cv::Mat &luma) {
    const int type = samples.bytes_per_sample == 1 ? CV_8UC1 : CV_16UC1;
    const cv::Mat plane(samples.height, samples.width, type, const_cast<void *>(samples.planes[index]),
                        static_cast<size_t>(samples.strides[index]));
    if (isFirst) {
        plane.convertTo(luma, CV_32F, samples.weights[index], samples.offset);
    } else {
        cv::Mat part;
        plane.convertTo(part, CV_32F, samples.weights[index]);
        luma += part;
    }
}

}  // namespace

cc_picture *cc_picture_new(void) noexcept { return new (std::nothrow) cc_picture; }

void cc_picture_free(cc_picture *picture) noexcept { delete picture; }

cc_status cc_picture_load(cc_picture *picture, const cc_samples *samples, char *error, size_t capacity) noexcept {
    return cc::guarded(error, capacity, [&] {
        bool isFirst = true;
        for (int index = 0; index < 3; ++index) {
            if (samples->weights[index] == 0) continue;
            add(*samples, index, isFirst, picture->luma);
            isFirst = false;
        }
    });
}

cc_status cc_sharpness(const cc_picture *picture, double *variance, char *error, size_t capacity) noexcept {
    return cc::guarded(error, capacity, [&] {
        cv::Mat edges;
        cv::Laplacian(picture->luma, edges, CV_32F);
        cv::Scalar mean, deviation;
        cv::meanStdDev(edges, mean, deviation);
        *variance = deviation[0] * deviation[0];
    });
}

cc_status cc_thumbnail(const cc_picture *picture, int32_t width, int32_t height, float *values, char *error,
                       size_t capacity) noexcept {
    return cc::guarded(error, capacity, [&] {
        cv::Mat small(height, width, CV_32F, values);
        cv::resize(picture->luma, small, small.size(), 0, 0, cv::INTER_AREA);
    });
}
