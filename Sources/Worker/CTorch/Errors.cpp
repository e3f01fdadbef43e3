#include "Errors.h"

#include <c10/util/Exception.h>

#include <cstring>
#include <new>

namespace ct {
namespace {

/// The line that says what happened. TorchScript puts it last, after a traceback; the others put it first.
std::string essence(const std::string &text) {
    std::string line;
    size_t at = 0;
    while (at < text.size()) {
        const size_t end = std::min(text.find('\n', at), text.size());
        const std::string next = text.substr(at, end - at);
        at = end + 1;
        if (next.find_first_not_of(" \t\r~^") == std::string::npos) continue;
        const bool script = text.find("Traceback of TorchScript") != std::string::npos;
        if (line.empty() || script) line = next;
    }
    return line.empty() ? text : line;
}

bool saysOutOfMemory(const std::string &text) {
    for (const char *phrase : {"out of memory", "can't allocate memory", "not enough memory", "bad_alloc", "ALLOC_FAILED"})
        if (text.find(phrase) != std::string::npos) return true;
    return false;
}

ct_status write(const std::string &text, ct_status status, char *error, size_t capacity) {
    const std::string line = essence(text);
    if (capacity > 0) {
        const size_t length = std::min(line.size(), capacity - 1);
        std::memcpy(error, line.data(), length);
        error[length] = 0;
    }
    return status == CT_FAILED && saysOutOfMemory(text) ? CT_OUT_OF_MEMORY : status;
}

}  // namespace

ct_status report(char *error, size_t capacity) noexcept {
    try {
        throw;
    } catch (const BadOutput &failure) {
        return write(failure.what(), CT_BAD_OUTPUT, error, capacity);
    } catch (const c10::OutOfMemoryError &failure) {
        return write(failure.what_without_backtrace(), CT_OUT_OF_MEMORY, error, capacity);
    } catch (const c10::Error &failure) {
        return write(failure.what_without_backtrace(), CT_FAILED, error, capacity);
    } catch (const std::bad_alloc &) {
        return write("out of memory", CT_OUT_OF_MEMORY, error, capacity);
    } catch (const std::exception &failure) {
        return write(failure.what(), CT_FAILED, error, capacity);
    } catch (...) {
        return write("an exception of unknown type", CT_FAILED, error, capacity);
    }
}

std::string essenceUnlessMemory() {
    char words[400] = "";
    if (report(words, sizeof words) == CT_OUT_OF_MEMORY) throw;
    return words;
}

}  // namespace ct
