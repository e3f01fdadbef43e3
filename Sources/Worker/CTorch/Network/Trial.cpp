#include "Trial.h"

#include <c10/core/InferenceMode.h>

#include <cstdio>
#include <map>
#include <mutex>

#include "Errors.h"
#include "Rows.h"

namespace {

/// What no half's rounding came to yet, with values that a network may not be made for: 0.016, where it takes 0 to 255. A wrong sum is off by all there is.
constexpr double most = 0.05;

/// Noise between 0 and 1, of a size that fills no kernel's blocks.
at::Tensor noise(int64_t window) {
    std::vector<int64_t> shape = {1, 3, 19, 35};
    if (window > 1) shape.insert(shape.begin() + 1, window);
    const auto places = at::arange(c10::multiply_integers(shape), at::kDouble);
    return at::frac(at::sin(places * 12.9898) * 43758.5453).abs().to(at::kFloat).view(shape);
}

/// See `problemOnDevice`.
std::string tried(ct_model &model, const char *path) {
    ct_model reference(model.scale, model.window, at::Device(at::kCPU), at::kFloat);
    reference.load(path, false);
    const c10::InferenceMode inference;
    ct::useThreads(1);  // so few pixels are not worth a pool of them
    const auto picture = noise(model.window);
    const auto expected = reference.run(picture).to(at::kDouble);
    at::Tensor made;
    try {
        made = model.run(picture.to(model.device)).to(at::kCPU, at::kDouble);
    } catch (...) {
        return "our kernels fail: " + ct::essenceUnlessMemory();
    }
    const double off = (made - expected).norm().item<double>() / expected.norm().item<double>();
    if (off < most) return "";  // and NaN is not
    char words[128];
    std::snprintf(words, sizeof words, "our kernels give something else than the CPU for a small picture (off by %.2g of it)", off);
    return words;
}

}  // namespace

std::string ct::problemOnDevice(ct_model &model, const char *path) {
    static std::mutex guard;
    static std::map<std::pair<std::string, std::string>, std::string> known;
    const std::lock_guard<std::mutex> lock(guard);
    const auto key = std::pair(model.device.str(), std::string(path));
    const auto found = known.find(key);
    return found != known.end() ? found->second : known.emplace(key, tried(model, path)).first->second;
}
