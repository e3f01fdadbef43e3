#include <opencv2/imgproc.hpp>

#include "Errors.h"
#include "Picture.h"

namespace {

/// Wang, Bovik, Sheikh, Simoncelli: Image Quality Assessment: From Error Visibility to Structural Similarity, 2004.
constexpr int window = 11;
constexpr double sigma = 1.5, peak = 255;
constexpr double c1 = 0.01 * peak * 0.01 * peak, c2 = 0.03 * peak * 0.03 * peak;

/// Variances do not change with it, and keep more digits near zero.
constexpr double middle = 128;

/// Window means of x, y, x², y² and xy: blurs are independent of each other, and a core is busy with each.
struct Means {
    cv::Mat x, y, xx, yy, xy;

    Means(const cv::Mat &a, const cv::Mat &b) : x(a), y(b), xx(a.mul(a)), yy(b.mul(b)), xy(a.mul(b)) {
        cv::Mat *all[] = {&x, &y, &xx, &yy, &xy};
        cv::parallel_for_(cv::Range(0, 5), [&](const cv::Range &range) {
            for (int index = range.start; index < range.end; ++index) {
                cv::Mat blurred;
                cv::GaussianBlur(*all[index], blurred, cv::Size(window, window), sigma);
                *all[index] = inside(blurred);
            }
        });
    }

    /// Where the window lies in the picture.
    static cv::Mat inside(const cv::Mat &map) {
        const int edge = window / 2;
        return map(cv::Range(edge, map.rows - edge), cv::Range(edge, map.cols - edge));
    }
};

float similarity(float x, float y, float xx, float yy, float xy) {
    const float varianceX = xx - x * x, varianceY = yy - y * y, covariance = xy - x * y;
    const float meanX = x + float(middle), meanY = y + float(middle);
    const float luminance = (2 * meanX * meanY + float(c1)) / (meanX * meanX + meanY * meanY + float(c1));
    return luminance * (2 * covariance + float(c2)) / (varianceX + varianceY + float(c2));
}

double meanSimilarity(const cv::Mat &a, const cv::Mat &b) {
    CV_Assert(a.rows >= window && a.cols >= window);
    const Means means(a - middle, b - middle);
    double sum = 0;
    for (int row = 0; row < means.x.rows; ++row) {
        const float *x = means.x.ptr<float>(row), *y = means.y.ptr<float>(row);
        const float *xx = means.xx.ptr<float>(row), *yy = means.yy.ptr<float>(row), *xy = means.xy.ptr<float>(row);
        for (int column = 0; column < means.x.cols; ++column)
            sum += similarity(x[column], y[column], xx[column], yy[column], xy[column]);
    }
    return sum / double(means.x.total());
}

}  // namespace

cc_status cc_similarity(const cc_picture *picture, const cc_picture *other, double *squared_error, double *ssim,
                        char *error, size_t capacity) noexcept {
    return cc::guarded(error, capacity, [&] {
        const cv::Mat &a = picture->luma, &b = other->luma;
        *squared_error = cv::norm(a, b, cv::NORM_L2SQR) / double(a.total());
        *ssim = meanSimilarity(a, b);
    });
}
