#include <memory>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>

#include "Errors.h"
#include "Picture.h"

struct cc_motion {
    cv::Ptr<cv::DISOpticalFlow> flow;
    /// CV_32FC2: where each pixel is in the next picture.
    cv::Mat places;
    /// CV_8UC1: 255 where a pixel is to be seen in both.
    cv::Mat seen;
    int count = 0;
};

namespace {

cv::Mat bytes(const cc_picture &picture) {
    cv::Mat rounded;
    picture.luma.convertTo(rounded, CV_8U);
    return rounded;
}

/// Below this OpenCV 4.6 chooses scales by the width alone, and writes past the end of low ones.
constexpr int leastSide = 32;

cv::Mat flow(cv::DISOpticalFlow &estimator, const cv::Mat &from, const cv::Mat &to) {
    cv::Mat flow;  // empty: what it is given it takes for a first guess
    estimator.calc(from, to, flow);
    return flow;
}

void findPlaces(const cv::Mat &flow, cv::Mat &places) {
    places.create(flow.size(), CV_32FC2);
    for (int y = 0; y < flow.rows; ++y) {
        const cv::Vec2f *moved = flow.ptr<cv::Vec2f>(y);
        cv::Vec2f *place = places.ptr<cv::Vec2f>(y);
        for (int x = 0; x < flow.cols; ++x) place[x] = moved[x] + cv::Vec2f(float(x), float(y));
    }
}

bool isInside(const cv::Vec2f &place, const cv::Mat &map) {
    return place[0] >= 0 && place[1] >= 0 && place[0] <= float(map.cols - 1) && place[1] <= float(map.rows - 1);
}

/// Sundaram, Brox, Keutzer: Dense Point Trajectories by GPU-Accelerated Large Displacement Optical Flow, 2010: forth and back must
/// lead to where one began, within 0.01 of both ways' squared lengths and half a squared pixel.
void findSeen(const cv::Mat &forth, const cv::Mat &back, const cv::Mat &places, cv::Mat &seen) {
    seen.create(forth.size(), CV_8U);
    for (int y = 0; y < forth.rows; ++y) {
        const cv::Vec2f *f = forth.ptr<cv::Vec2f>(y), *b = back.ptr<cv::Vec2f>(y), *place = places.ptr<cv::Vec2f>(y);
        for (int x = 0; x < forth.cols; ++x) {
            const cv::Vec2f gap = f[x] + b[x];
            const bool isSeen = gap.dot(gap) < 0.01f * (f[x].dot(f[x]) + b[x].dot(b[x])) + 0.5f;
            seen.at<uint8_t>(y, x) = isSeen && isInside(place[x], seen) ? 255 : 0;
        }
    }
}

}  // namespace

cc_motion *cc_motion_new(void) noexcept {
    try {
        auto motion = std::make_unique<cc_motion>();
        motion->flow = cv::DISOpticalFlow::create(cv::DISOpticalFlow::PRESET_MEDIUM);
        return motion.release();
    } catch (...) {
        return nullptr;
    }
}

void cc_motion_free(cc_motion *motion) noexcept { delete motion; }

cc_status cc_motion_estimate(cc_motion *motion, const cc_picture *picture, const cc_picture *next, double *seen,
                             char *error, size_t capacity) noexcept {
    return cc::guarded(error, capacity, [&] {
        const cv::Mat from = bytes(*picture), to = bytes(*next);
        CV_Assert(from.cols >= leastSide && from.rows >= leastSide);
        const cv::Mat forth = flow(*motion->flow, from, to), back = flow(*motion->flow, to, from);
        findPlaces(forth, motion->places);
        cv::Mat backThere;
        cv::remap(back, backThere, motion->places, cv::noArray(), cv::INTER_LINEAR, cv::BORDER_REPLICATE);
        findSeen(forth, backThere, motion->places, motion->seen);
        motion->count = cv::countNonZero(motion->seen);
        *seen = double(motion->count) / double(motion->seen.total());
    });
}

cc_status cc_motion_error(const cc_motion *motion, const cc_picture *picture, const cc_picture *next,
                          double *squared_error, char *error, size_t capacity) noexcept {
    return cc::guarded(error, capacity, [&] {
        CV_Assert(motion->count > 0);
        cv::Mat warped;
        cv::remap(next->luma, warped, motion->places, cv::noArray(), cv::INTER_CUBIC, cv::BORDER_REPLICATE);
        *squared_error = cv::norm(picture->luma, warped, cv::NORM_L2SQR, motion->seen) / motion->count;
    });
}
