// What trials of surroundings found, in this process.
#include <map>
#include <mutex>

#include "Surroundings.h"

namespace {

/// All that a trial's outcome depends on.
std::string key(const ct_model &model, const ct::Surroundings &tried) {
    std::string key = model.device.str() + ' ' + model.path;
    const auto add = [&](double part) { key += ' ' + std::to_string(part); };
    for (const auto &format : {tried.input, tried.output})
        for (const int32_t part :
             {format.width, format.height, format.family, format.bit_depth, format.chroma_shift_x, format.chroma_shift_y, format.matrix,
              format.full_range, format.chroma_location, format.has_alpha})
            add(part);
    for (const double part : {tried.low, tried.high, double(tried.blendRadius), double(model.scale), double(model.type), double(model.onDevice)})
        add(part);
    return key;
}

}  // namespace

std::string ct::problemAround(ct_model &model, const Surroundings &surroundings) {
    static std::mutex guard;
    static std::map<std::string, std::string> known;
    const std::lock_guard<std::mutex> lock(guard);
    const auto question = key(model, surroundings.small());
    const auto found = known.find(question);
    if (found != known.end()) return found->second;
    const auto answer = triedAround(model, surroundings);
    ct_release_unused();  // the trial's memory, for the pictures to come
    if (!answer) return "";
    return known.emplace(question, *answer).first->second;
}
