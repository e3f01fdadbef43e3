#pragma once
#include <opencv2/core.hpp>

#include "CCompare.h"

struct cc_picture {
    /// CV_32FC1, 0 to 255.
    cv::Mat luma;
};
