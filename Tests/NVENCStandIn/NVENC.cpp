// Stands in for libnvidia-encode.so.1 (NVENCODE API 11.1, that of Debian 12's libavcodec), so that the tests of NVENC run where there is no
// such unit: x265 and x264 encode what libavcodec's nvenc.c gives from the host's memory. Only the calls are like the real unit's: what
// comes of it says nothing about that one's speed, bit rate or picture quality.
//
// NVENC_STAND_IN_LACKS makes it a lesser device, by any of the words 10bit, 444, hevc, bframes (HEVC has none, as before Turing), sessions
// (none is free).
#include <ffnvcodec/nvEncodeAPI.h>
#include <x264.h>
#include <x265.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace {

using Bytes = std::vector<uint8_t>;
using Options = std::vector<std::pair<const char *, std::string>>;

bool lacks(const char *word) {
    const char *const words = std::getenv("NVENC_STAND_IN_LACKS");
    return words != nullptr && std::strstr(words, word) != nullptr;
}

bool isHEVC(const GUID &codec) { return std::memcmp(&codec, &NV_ENC_CODEC_HEVC_GUID, sizeof codec) == 0; }

/// What is heard of a client's wishes, as both libraries name it: closed GOPs of one pattern, and one constant quality.
Options options(const NV_ENC_INITIALIZE_PARAMS &asked) {
    const NV_ENC_CONFIG &config = *asked.encodeConfig;
    const auto text = [](auto number) { return std::to_string(number); };
    const int gop = int(std::min(config.gopLength, 1u << 20)), between = std::max(0, std::min(config.frameIntervalP, gop) - 1);
    const uint64_t width = uint64_t(asked.darWidth) * asked.encodeHeight, height = uint64_t(asked.darHeight) * asked.encodeWidth;
    const uint64_t common = std::gcd(width, height);
    return {
        {"fps", text(asked.frameRateNum) + "/" + text(asked.frameRateDen)},
        {"sar", text(width / common) + ":" + text(height / common)},
        {"crf", text(config.rcParams.targetQuality + config.rcParams.targetQualityLSB / 256.0)},
        {"keyint", text(gop)}, {"min-keyint", text(gop)}, {"open-gop", "0"}, {"scenecut", "0"}, {"repeat-headers", "0"},
        {"bframes", text(between)}, {"b-adapt", "0"}, {"b-pyramid", "0"}, {"rc-lookahead", text(between > 0 ? between + 1 : 0)},
    };
}

/// Memory for a picture, with rows longer than they need be, as the real unit's are.
struct InputBuffer {
    NV_ENC_BUFFER_FORMAT format;
    size_t height, pitch, lumaSize;
    Bytes bytes, chroma;

    explicit InputBuffer(const NV_ENC_CREATE_INPUT_BUFFER &asked) : format(asked.bufferFmt), height(asked.height) {
        const bool isDeep = format == NV_ENC_BUFFER_FORMAT_YUV420_10BIT || format == NV_ENC_BUFFER_FORMAT_YUV444_10BIT;
        pitch = (asked.width * (isDeep ? 2 : 1) / 256 + 1) * 256;
        lumaSize = pitch * height;
        bytes.resize(3 * lumaSize);
    }

    /// Y, U and V. Samples of 10 bits are in a word's high ones.
    template <typename Sample>
    void describe(Sample **planes, int *strides) {
        const bool isYV12 = format == NV_ENC_BUFFER_FORMAT_YV12, isP010 = format == NV_ENC_BUFFER_FORMAT_YUV420_10BIT;
        uint8_t *const second = bytes.data() + lumaSize;
        planes[0] = bytes.data();
        planes[1] = isYV12 ? second + pitch / 2 * ((height + 1) / 2) : isP010 ? parted(0) : second;
        planes[2] = isYV12 ? second : isP010 ? parted(1) : second + lumaSize;
        strides[0] = int(pitch);
        strides[1] = strides[2] = int(isYV12 || isP010 ? pitch / 2 : pitch);
    }

    /// P010 has U and V in one plane; x265 wants two.
    uint8_t *parted(size_t which) {
        const size_t words = pitch / 4 * ((height + 1) / 2);
        chroma.resize(4 * words);
        const auto *const pairs = reinterpret_cast<const uint16_t *>(bytes.data() + lumaSize);
        auto *const result = reinterpret_cast<uint16_t *>(chroma.data()) + which * words;
        for (size_t i = 0; i < words; ++i) result[i] = pairs[2 * i + which];
        return reinterpret_cast<uint8_t *>(result);
    }
};

struct Coded {
    Bytes bytes;
    int64_t timestamp = 0;
    NV_ENC_PIC_TYPE type = NV_ENC_PIC_TYPE_UNKNOWN;
};

NV_ENC_PIC_TYPE pictureType(int type) {
    static_assert(X264_TYPE_IDR == X265_TYPE_IDR && X264_TYPE_I == X265_TYPE_I && X264_TYPE_P == X265_TYPE_P);
    if (type == X264_TYPE_IDR) return NV_ENC_PIC_TYPE_IDR;
    return type == X264_TYPE_I ? NV_ENC_PIC_TYPE_I : type == X264_TYPE_P ? NV_ENC_PIC_TYPE_P : NV_ENC_PIC_TYPE_B;
}

class Coder {
  public:
    /// Parameter sets behind start codes; none: it did not open.
    Bytes headers;

    virtual ~Coder() = default;
    /// - task: nullptr asks for pictures that wait.
    /// - Returns: more than 0: a coded picture; 0: none yet, or none any more; less: it failed.
    virtual int encode(const NV_ENC_PIC_PARAMS *task, Coded &coded) = 0;
};

class X265Coder : public Coder {
  public:
    explicit X265Coder(const NV_ENC_INITIALIZE_PARAMS &asked) {
        const NV_ENC_CONFIG_HEVC &config = asked.encodeConfig->encodeCodecConfig.hevcConfig;
        depth = config.pixelBitDepthMinus8 > 0 ? 16 : 8;
        api = x265_api_get(depth > 8 ? 10 : 8);
        param = {api->param_alloc(), api->param_free};
        api->param_default_preset(param.get(), "superfast", "zerolatency");
        set(options(asked));
        // One slice a picture, without wavefronts: the real unit makes neither.
        set({{"slices", "1"}, {"wpp", "0"}, {"pools", "none"}, {"info", "0"}, {"log-level", "none"}});
        param->internalCsp = config.chromaFormatIDC == 3 ? X265_CSP_I444 : X265_CSP_I420;
        param->sourceWidth = int(asked.encodeWidth);
        param->sourceHeight = int(asked.encodeHeight);
        const auto &signal = config.hevcVUIParameters;
        set({{"range", signal.videoFullRangeFlag != 0 ? "full" : "limited"}, {"colorprim", std::to_string(signal.colourPrimaries)}});
        set({{"transfer", std::to_string(signal.transferCharacteristics)}, {"colormatrix", std::to_string(signal.colourMatrix)}});
        open();
    }

    int encode(const NV_ENC_PIC_PARAMS *task, Coded &coded) override {
        x265_picture input, output;
        api->picture_init(param.get(), &input);
        api->picture_init(param.get(), &output);
        if (task != nullptr) {
            static_cast<InputBuffer *>(task->inputBuffer)->describe(input.planes, input.stride);
            input.bitDepth = depth;
            input.pts = int64_t(task->inputTimeStamp);
        }
        x265_nal *units = nullptr;
        uint32_t count = 0;
        const int answer = api->encoder_encode(encoder.get(), &units, &count, task != nullptr ? &input : nullptr, &output);
        if (answer > 0) coded = {joined(units, count), output.pts, pictureType(output.sliceType)};
        return answer;
    }

  private:
    /// Of the samples that it is given.
    int depth;
    const x265_api *api;
    std::unique_ptr<x265_param, void (*)(x265_param *)> param{nullptr, nullptr};
    std::unique_ptr<x265_encoder, void (*)(x265_encoder *)> encoder{nullptr, nullptr};

    void set(const Options &options) {
        for (const auto &[name, value] : options) api->param_parse(param.get(), name, value.c_str());
    }

    void open() {
        encoder = {api->encoder_open(param.get()), api->encoder_close};
        x265_nal *units = nullptr;
        uint32_t count = 0;
        if (encoder != nullptr && api->encoder_headers(encoder.get(), &units, &count) > 0) headers = joined(units, count);
    }

    /// Units lie one behind the other.
    static Bytes joined(const x265_nal *units, uint32_t count) {
        return {units->payload, units[count - 1].payload + units[count - 1].sizeBytes};
    }
};

class X264Coder : public Coder {
  public:
    explicit X264Coder(const NV_ENC_INITIALIZE_PARAMS &asked) {
        const NV_ENC_CONFIG_H264 &config = asked.encodeConfig->encodeCodecConfig.h264Config;
        x264_param_default_preset(&param, "superfast", "zerolatency");
        for (const auto &[name, value] : options(asked)) x264_param_parse(&param, name, value.c_str());
        param.i_log_level = X264_LOG_NONE;
        param.i_threads = 1;
        param.i_csp = config.chromaFormatIDC == 3 ? X264_CSP_I444 : X264_CSP_I420;
        param.i_width = int(asked.encodeWidth);
        param.i_height = int(asked.encodeHeight);
        param.vui.b_fullrange = int(config.h264VUIParameters.videoFullRangeFlag);
        param.vui.i_colorprim = int(config.h264VUIParameters.colourPrimaries);
        param.vui.i_transfer = int(config.h264VUIParameters.transferCharacteristics);
        param.vui.i_colmatrix = int(config.h264VUIParameters.colourMatrix);
        open();
    }

    int encode(const NV_ENC_PIC_PARAMS *task, Coded &coded) override {
        x264_picture_t input, output;
        x264_picture_init(&input);
        if (task != nullptr) {
            input.img.i_csp = param.i_csp;
            static_cast<InputBuffer *>(task->inputBuffer)->describe(input.img.plane, input.img.i_stride);
            input.i_pts = int64_t(task->inputTimeStamp);
        }
        x264_nal_t *units = nullptr;
        int count = 0;
        const int size = x264_encoder_encode(encoder.get(), &units, &count, task != nullptr ? &input : nullptr, &output);
        if (size > 0) coded = {Bytes(units->p_payload, units->p_payload + size), output.i_pts, pictureType(output.i_type)};
        return size;
    }

  private:
    x264_param_t param;
    std::unique_ptr<x264_t, void (*)(x264_t *)> encoder{nullptr, nullptr};

    /// The last of what it calls headers is a message about itself.
    void open() {
        encoder = {x264_encoder_open(&param), x264_encoder_close};
        x264_nal_t *units = nullptr;
        int count = 0;
        if (encoder != nullptr && x264_encoder_headers(encoder.get(), &units, &count) > 0)
            headers = Bytes(units->p_payload, units[count - 1].p_payload);
    }
};

struct Session {
    std::unique_ptr<Coder> coder;
    /// Those that nobody has fetched yet, in the order of decoding.
    std::deque<Coded> coded;

    int encode(const NV_ENC_PIC_PARAMS *task) {
        Coded next;
        const int answer = coder->encode(task, next);
        if (answer > 0) coded.push_back(std::move(next));
        return answer;
    }
};

Session &sessionOf(void *encoder) { return *static_cast<Session *>(encoder); }

NVENCSTATUS openSession(NV_ENC_OPEN_ENCODE_SESSION_EX_PARAMS *, void **encoder) {
    if (lacks("sessions")) return NV_ENC_ERR_OUT_OF_MEMORY;
    *encoder = new Session;
    return NV_ENC_SUCCESS;
}

NVENCSTATUS closeSession(void *encoder) {
    delete static_cast<Session *>(encoder);
    return NV_ENC_SUCCESS;
}

const char *lastError(void *) { return "the stand-in does not say why"; }

NVENCSTATUS codecCount(void *, uint32_t *count) {
    *count = lacks("hevc") ? 1 : 2;
    return NV_ENC_SUCCESS;
}

NVENCSTATUS codecs(void *, GUID *codecs, uint32_t capacity, uint32_t *) {
    std::copy_n(std::data({NV_ENC_CODEC_H264_GUID, NV_ENC_CODEC_HEVC_GUID}), capacity, codecs);
    return NV_ENC_SUCCESS;
}

NVENCSTATUS capability(void *, GUID codec, NV_ENC_CAPS_PARAM *asked, int *value) {
    const bool hevc = isHEVC(codec);
    switch (asked->capsToQuery) {
        case NV_ENC_CAPS_NUM_MAX_BFRAMES: *value = !hevc ? 4 : lacks("bframes") ? 0 : 5; break;
        case NV_ENC_CAPS_WIDTH_MAX:
        case NV_ENC_CAPS_HEIGHT_MAX: *value = hevc ? 8192 : 4096; break;
        case NV_ENC_CAPS_SUPPORT_YUV444_ENCODE: *value = !lacks("444"); break;
        case NV_ENC_CAPS_SUPPORT_10BIT_ENCODE: *value = hevc && !lacks("10bit"); break;
        default: *value = 0;
    }
    return NV_ENC_SUCCESS;
}

/// The same for all presets: B-frames are there where a client says nothing, and of the signal nothing is said.
NVENCSTATUS presetConfig(void *, GUID codec, GUID, NV_ENC_TUNING_INFO, NV_ENC_PRESET_CONFIG *preset) {
    constexpr uint32_t unspecified = 5;
    NV_ENC_CONFIG &config = preset->presetCfg;
    config.gopLength = 250;
    config.frameIntervalP = isHEVC(codec) && lacks("bframes") ? 1 : 4;
    auto &own = config.encodeCodecConfig;
    (isHEVC(codec) ? own.hevcConfig.hevcVUIParameters : own.h264Config.h264VUIParameters).videoFormat = unspecified;
    return NV_ENC_SUCCESS;
}

NVENCSTATUS initialize(void *encoder, NV_ENC_INITIALIZE_PARAMS *asked) {
    auto &coder = sessionOf(encoder).coder;
    if (isHEVC(asked->encodeGUID)) coder = std::make_unique<X265Coder>(*asked);
    else coder = std::make_unique<X264Coder>(*asked);
    if (coder->headers.empty()) coder.reset();
    return coder == nullptr ? NV_ENC_ERR_INVALID_PARAM : NV_ENC_SUCCESS;
}

/// libavcodec's yuv420p, p010le, yuv444p and yuv444p16le, in this order.
NVENCSTATUS createInputBuffer(void *, NV_ENC_CREATE_INPUT_BUFFER *asked) {
    constexpr NV_ENC_BUFFER_FORMAT known[] = {
        NV_ENC_BUFFER_FORMAT_YV12, NV_ENC_BUFFER_FORMAT_YUV420_10BIT, NV_ENC_BUFFER_FORMAT_YUV444, NV_ENC_BUFFER_FORMAT_YUV444_10BIT};
    if (std::count(std::begin(known), std::end(known), asked->bufferFmt) == 0) return NV_ENC_ERR_UNSUPPORTED_PARAM;
    asked->inputBuffer = new InputBuffer(*asked);
    return NV_ENC_SUCCESS;
}

NVENCSTATUS lockInputBuffer(void *, NV_ENC_LOCK_INPUT_BUFFER *asked) {
    auto &buffer = *static_cast<InputBuffer *>(asked->inputBuffer);
    asked->bufferDataPtr = buffer.bytes.data();
    asked->pitch = uint32_t(buffer.pitch);
    return NV_ENC_SUCCESS;
}

NVENCSTATUS createBitstreamBuffer(void *, NV_ENC_CREATE_BITSTREAM_BUFFER *asked) {
    asked->bitstreamBuffer = new Coded;
    return NV_ENC_SUCCESS;
}

/// SUCCESS promises a coded picture with this call and each that follows. That it has come to the end libavcodec says again and again.
NVENCSTATUS encodePicture(void *encoder, NV_ENC_PIC_PARAMS *task) {
    Session &session = sessionOf(encoder);
    if (session.coder == nullptr) return NV_ENC_ERR_ENCODER_NOT_INITIALIZED;
    const bool isEnd = (task->encodePicFlags & NV_ENC_PIC_FLAG_EOS) != 0;
    if (!isEnd && session.encode(task) < 0) return NV_ENC_ERR_GENERIC;
    while (isEnd && session.encode(nullptr) > 0) {}
    return isEnd || !session.coded.empty() ? NV_ENC_SUCCESS : NV_ENC_ERR_NEED_MORE_INPUT;
}

/// Buffers are locked in the order in which pictures were given, and take coded ones in theirs.
NVENCSTATUS lockBitstream(void *encoder, NV_ENC_LOCK_BITSTREAM *asked) {
    auto &coded = sessionOf(encoder).coded;
    if (coded.empty()) return NV_ENC_ERR_LOCK_BUSY;
    auto &buffer = *static_cast<Coded *>(asked->outputBitstream);
    buffer = std::move(coded.front());
    coded.pop_front();
    asked->bitstreamBufferPtr = buffer.bytes.data();
    asked->bitstreamSizeInBytes = uint32_t(buffer.bytes.size());
    asked->outputTimeStamp = uint64_t(buffer.timestamp);
    asked->pictureType = buffer.type;
    return NV_ENC_SUCCESS;
}

NVENCSTATUS sequenceParams(void *encoder, NV_ENC_SEQUENCE_PARAM_PAYLOAD *asked) {
    const Bytes &headers = sessionOf(encoder).coder->headers;
    if (headers.size() > asked->inBufferSize) return NV_ENC_ERR_NOT_ENOUGH_BUFFER;
    std::copy(headers.begin(), headers.end(), static_cast<uint8_t *>(asked->spsppsBuffer));
    *asked->outSPSPPSPayloadSize = uint32_t(headers.size());
    return NV_ENC_SUCCESS;
}

template <typename Buffer>
NVENCSTATUS freed(void *, void *buffer) {
    delete static_cast<Buffer *>(buffer);
    return NV_ENC_SUCCESS;
}

template <typename... Arguments>
NVENCSTATUS nothing(Arguments...) { return NV_ENC_SUCCESS; }

}  // namespace

extern "C" NVENCSTATUS NvEncodeAPIGetMaxSupportedVersion(uint32_t *version) {
    *version = NVENCAPI_MAJOR_VERSION << 4 | NVENCAPI_MINOR_VERSION;
    return NV_ENC_SUCCESS;
}

extern "C" NVENCSTATUS NvEncodeAPICreateInstance(NV_ENCODE_API_FUNCTION_LIST *functions) {
    functions->nvEncOpenEncodeSessionEx = openSession;
    functions->nvEncDestroyEncoder = closeSession;
    functions->nvEncGetLastErrorString = lastError;
    functions->nvEncGetEncodeGUIDCount = codecCount;
    functions->nvEncGetEncodeGUIDs = codecs;
    functions->nvEncGetEncodeCaps = capability;
    functions->nvEncGetEncodePresetConfigEx = presetConfig;
    functions->nvEncInitializeEncoder = initialize;
    functions->nvEncSetIOCudaStreams = nothing;
    functions->nvEncCreateInputBuffer = createInputBuffer;
    functions->nvEncDestroyInputBuffer = freed<InputBuffer>;
    functions->nvEncLockInputBuffer = lockInputBuffer;
    functions->nvEncUnlockInputBuffer = nothing;
    functions->nvEncCreateBitstreamBuffer = createBitstreamBuffer;
    functions->nvEncDestroyBitstreamBuffer = freed<Coded>;
    functions->nvEncEncodePicture = encodePicture;
    functions->nvEncLockBitstream = lockBitstream;
    functions->nvEncUnlockBitstream = nothing;
    functions->nvEncGetSequenceParams = sequenceParams;
    return NV_ENC_SUCCESS;
}
