#include "Errors.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <opencv2/core.hpp>
#include <string>

namespace cc {
namespace {

cc_status write(const std::string &text, cc_status status, char *error, size_t capacity) {
    const std::string line = text.substr(0, text.find('\n'));
    if (capacity > 0) {
        const size_t length = std::min(line.size(), capacity - 1);
        std::memcpy(error, line.data(), length);
        error[length] = 0;
    }
    return status;
}

}  // namespace

cc_status report(char *error, size_t capacity) noexcept {
    try {
        throw;
    } catch (const cv::Exception &failure) {
        const bool isMemory = failure.code == cv::Error::StsNoMem;
        return write("OpenCV: " + failure.err, isMemory ? CC_OUT_OF_MEMORY : CC_FAILED, error, capacity);
    } catch (const std::bad_alloc &) {
        return write("out of memory", CC_OUT_OF_MEMORY, error, capacity);
    } catch (const std::exception &failure) {
        return write(failure.what(), CC_FAILED, error, capacity);
    } catch (...) {
        return write("an exception of unknown type", CC_FAILED, error, capacity);
    }
}

}  // namespace cc
