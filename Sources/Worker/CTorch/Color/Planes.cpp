#include "Planes.h"

#include "Color.h"
#include "Errors.h"
#include "Pictures.h"

namespace ct {
namespace {

void expectPlane(const void *data, ptrdiff_t stride, const ct_format &format, int index) {
    const ptrdiff_t bytes = format.bit_depth > 8 ? 2 : 1;
    const int64_t width = planeWidth(format, index);
    if (data == nullptr) fail("plane " + std::to_string(index) + " is missing");
    if (stride < width * bytes || stride % bytes != 0)
        fail("plane " + std::to_string(index) + " has an unusable stride of " + std::to_string(stride) + " bytes");
}

at::Tensor hostView(void *data, ptrdiff_t stride, const ct_format &format, int index) {
    expectPlane(data, stride, format, index);
    const bool wide = format.bit_depth > 8;
    const ptrdiff_t bytes = wide ? 2 : 1;
    const int64_t width = planeWidth(format, index), height = planeHeight(format, index);
    return at::from_blob(data, {height, width}, {stride / bytes, 1}, wide ? at::kShort : at::kByte);
}

}  // namespace

at::Tensor sourceCodes(const ct_input &picture, const ct_format &format, int index, Transfers &transfers) {
    if (picture.on_device) {
        transfers.awaitDecoded();
        return deviceView(picture, format, index, transfers.place());
    }
    return transfers.upload(hostView(const_cast<void *>(picture.planes[index]), picture.strides[index], format, index));
}

at::Tensor uploadPlane(const ct_input &picture, const ct_format &format, int index, Transfers &transfers) {
    const auto words = sourceCodes(picture, format, index, transfers);
    const int64_t shift = picture.on_device ? picture.shift : 0;
    // libtorch 1.13 has no unsigned 16-bit integers.
    if (format.bit_depth == 16 || shift > 0)
        return words.to(at::kInt).bitwise_and_(0xFFFF).bitwise_right_shift_(shift).to(at::kFloat);
    return words.to(at::kFloat);
}

cpu::CodePlane codePlane(const ct_output &picture, const ct_format &format, int index) {
    expectPlane(picture.planes[index], picture.strides[index], format, index);
    return {picture.planes[index], picture.strides[index], format.bit_depth > 8};
}

void downloadPlane(
    const at::Tensor &codes, const ct_output &picture, const ct_format &format, int index, Transfers &transfers) {
    const auto host = hostView(picture.planes[index], picture.strides[index], format, index);
    if (format.bit_depth == 16) {
        transfers.download(codes.to(at::kInt).to(at::kShort), host);
    } else {
        transfers.download(codes, host);
    }
}

void downloadCodes(
    const at::Tensor &codes, const ct_output &picture, const ct_format &format, int index, Transfers &transfers) {
    transfers.downloadRows(codes, hostView(picture.planes[index], picture.strides[index], format, index));
}

}  // namespace ct
