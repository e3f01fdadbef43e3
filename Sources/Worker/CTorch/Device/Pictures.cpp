#include "Pictures.h"

#include <c10/core/InferenceMode.h>
#include <c10/core/StreamGuard.h>

#include "Color.h"
#include "Driver.h"
#include "Errors.h"
#include "Streams.h"

namespace ct {
namespace {

int planeCount(const ct_format &format) { return format.family == CT_GRAY ? 1 : format.has_alpha ? 4 : 3; }

bool isChroma(const ct_format &format, int index) { return format.family == CT_YUV && (index == 1 || index == 2); }

ptrdiff_t sampleSize(const ct_format &format) { return format.bit_depth > 8 ? 2 : 1; }

int64_t stepOf(const ct_input &picture, const ct_format &format, int index) {
    return isChroma(format, index) ? picture.chroma_step : 1;
}

/// `width` samples a line, `step` apart.
at::Tensor view(
    const ct_input &picture, const ct_format &format, int index, int64_t width, int64_t step, const at::Device &device) {
    const ptrdiff_t size = sampleSize(format), stride = picture.strides[index];
    const std::string name = "plane " + std::to_string(index) + " on " + device.str();
    if (picture.planes[index] == nullptr) fail(name + " is missing");
    if (step < 1 || step > 2) fail(name + " has an unusable step of " + std::to_string(step) + " samples");
    if (stride < ((width - 1) * step + 1) * size || stride % size != 0)
        fail(name + " has an unusable stride of " + std::to_string(stride) + " bytes");
    // The device is given twice, lest libtorch asks the driver whose memory it is.
    return at::for_blob(const_cast<void *>(picture.planes[index]), {planeHeight(format, index), width})
        .strides({stride / size, step})
        .options(at::TensorOptions().dtype(size == 2 ? at::kShort : at::kByte).device(device))
        .target_device(device)
        .make_tensor();
}

/// Whether Cb and Cr lie in one plane, sample by sample.
bool alternates(const ct_input &picture, const ct_format &format) {
    if (format.family != CT_YUV || picture.chroma_step != 2) return false;
    const auto *blue = static_cast<const char *>(picture.planes[1]), *red = static_cast<const char *>(picture.planes[2]);
    if (red != blue + sampleSize(format) || picture.strides[1] != picture.strides[2])
        fail("chroma of step 2 whose Cr does not lie between its Cb");
    return true;
}

/// A copy, whose rows begin where the driver's own would: copies within a device may refuse others.
at::Tensor copied(const at::Tensor &lent) {
    constexpr int64_t line = 512;
    const int64_t size = lent.element_size(), stride = (lent.size(1) * size + line - 1) / line * line / size;
    const auto own = at::empty({lent.size(0), stride}, lent.options()).narrow(1, 0, lent.size(1));
    // By the copy engine: a kernel would wait for one of the network's to end, and the decoder for that.
    if (lent.is_cuda() && driver::problem().empty())
        driver::copyWithin(
            own.data_ptr(), stride * size, lent.data_ptr(), lent.stride(0) * size, lent.size(1) * size, lent.size(0), lent.device());
    else own.copy_(lent);
    return own;
}

}  // namespace

at::Tensor deviceView(const ct_input &picture, const ct_format &format, int index, const at::Device &device) {
    return view(picture, format, index, planeWidth(format, index), stepOf(picture, format, index), device);
}

}  // namespace ct

ct_device_picture::ct_device_picture(const at::Device &device, const ct_format &format, const ct_input &source)
    : layout(source) {
    layout.on_device = 1;
    const bool pairs = ct::alternates(source, format);
    const ptrdiff_t size = ct::sampleSize(format);
    for (int index = 0; index < ct::planeCount(format); ++index) {
        if (pairs && index == 2) {
            layout.planes[2] = static_cast<const char *>(layout.planes[1]) + size;
            layout.strides[2] = layout.strides[1];
            continue;
        }
        const int64_t width = ct::planeWidth(format, index) * (pairs && index == 1 ? 2 : 1);
        planes[size_t(index)] = ct::copied(ct::view(source, format, index, width, 1, device));
        layout.planes[index] = planes[size_t(index)].data_ptr();
        layout.strides[index] = ptrdiff_t(planes[size_t(index)].stride(0)) * size;
    }
    if (!pairs) layout.chroma_step = 1;
}

ct_status ct_device_picture_open(
    const char *device, const ct_format *format, const ct_input *source, ct_device_picture **picture, char *error,
    size_t capacity) noexcept {
    return ct::guarded(error, capacity, [&] {
        const c10::InferenceMode inference;
        const at::Device place{std::string(device)};
        if (place.is_cpu()) {
            *picture = new ct_device_picture(place, *format, *source);
            return;
        }
        const c10::StreamGuard guard(ct::defaultStream(place));
        *picture = new ct_device_picture(place, *format, *source);
    });
}

ct_input ct_device_picture_planes(const ct_device_picture *picture) noexcept { return picture->layout; }

void ct_device_picture_close(ct_device_picture *picture) noexcept { delete picture; }
