#pragma once
// What Swift cannot import from libav (macros and variadic functions), and the fields whose names
// differ between FFmpeg versions, stand here and nowhere else.
#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavformat/avformat.h>
#include <libavutil/cpu.h>
#include <libavutil/display.h>
#include <libavutil/dovi_meta.h>
#include <libavutil/hdr_dynamic_metadata.h>
#include <libavutil/hwcontext.h>
#include <libavutil/imgutils.h>
#include <libavutil/mastering_display_metadata.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

static const int64_t av_shim_nopts = AV_NOPTS_VALUE;
static const int av_shim_error_eof = AVERROR_EOF;
static const int av_shim_error_again = AVERROR(EAGAIN);
static const int av_shim_error_invalid_data = AVERROR_INVALIDDATA;
static const int av_shim_error_exit = AVERROR_EXIT;
static const int av_shim_error_no_memory = AVERROR(ENOMEM);
static inline int av_shim_error(int posix) { return AVERROR(posix); }

static inline int64_t av_shim_frame_duration(const AVFrame *frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(57, 30, 100)
    return frame->duration;
#else
    return frame->pkt_duration;
#endif
}

// 0 progressive, 1 interlaced with the top field first, 2 with the bottom field first: as the stream flags it.
static inline int av_shim_fields(const AVFrame *frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
    if (!(frame->flags & AV_FRAME_FLAG_INTERLACED)) return 0;
    return frame->flags & AV_FRAME_FLAG_TOP_FIELD_FIRST ? 1 : 2;
#else
    if (!frame->interlaced_frame) return 0;
    return frame->top_field_first ? 1 : 2;
#endif
}

// Whether decoding may start at the picture.
static inline int av_shim_is_key(const AVFrame *frame) {
#if LIBAVUTIL_VERSION_INT >= AV_VERSION_INT(58, 7, 100)
    return (frame->flags & AV_FRAME_FLAG_KEY) != 0;
#else
    return frame->key_frame;
#endif
}

// AV_CUDA_USE_PRIMARY_CONTEXT, which stands in a header that needs CUDA's own.
static const int av_shim_cuda_primary_context = 1;

// What lies on the device of a hardware decoder's picture: NV12, P010, ...
static inline enum AVPixelFormat av_shim_surface_format(const AVFrame *frame) {
    if (!frame->hw_frames_ctx) return AV_PIX_FMT_NONE;
    return ((const AVHWFramesContext *)frame->hw_frames_ctx->data)->sw_format;
}

// A new chapter of a film that is being written; freed with the context.
static inline AVChapter *av_shim_new_chapter(AVFormatContext *context) {
    AVChapter *chapter = (AVChapter *)av_mallocz(sizeof(AVChapter));
    int count = (int)context->nb_chapters;
    if (!chapter) return NULL;
    if (av_dynarray_add_nofree(&context->chapters, &count, chapter) < 0) {
        av_free(chapter);
        return NULL;
    }
    context->nb_chapters = (unsigned)count;
    return chapter;
}

// The side data of a stream, which moved into its codec parameters in FFmpeg 6.1.
static inline int av_shim_stream_side_data_count(const AVStream *stream) {
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
    return stream->codecpar->nb_coded_side_data;
#else
    return stream->nb_side_data;
#endif
}
static inline const AVPacketSideData *av_shim_stream_side_data(const AVStream *stream, int index) {
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
    return &stream->codecpar->coded_side_data[index];
#else
    return &stream->side_data[index];
#endif
}
static inline int av_shim_add_stream_side_data(AVStream *stream, const AVPacketSideData *item) {
    uint8_t *copy = (uint8_t *)av_memdup(item->data, item->size);
    if (!copy) return AVERROR(ENOMEM);
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
    if (av_packet_side_data_add(&stream->codecpar->coded_side_data, &stream->codecpar->nb_coded_side_data, item->type,
                                copy, item->size, 0))
        return 0;
    av_free(copy);
    return AVERROR(ENOMEM);
#else
    int answer = av_stream_add_side_data(stream, item->type, copy, item->size);
    if (answer < 0) av_free(copy);
    return answer;
#endif
}
static inline void av_shim_remove_stream_side_data(AVStream *stream, enum AVPacketSideDataType type) {
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
    av_packet_side_data_remove(stream->codecpar->coded_side_data, &stream->codecpar->nb_coded_side_data, type);
#else
    for (int i = 0; i < stream->nb_side_data; i++) {
        if (stream->side_data[i].type != type) continue;
        av_free(stream->side_data[i].data);
        stream->side_data[i] = stream->side_data[--stream->nb_side_data];
        return;
    }
#endif
}

// sws_scale takes arrays that Swift cannot make of a frame's fields.
static inline int av_shim_scale(struct SwsContext *context, const AVFrame *frame, uint8_t *const planes[],
                                const int strides[]) {
    return sws_scale(context, (const uint8_t *const *)frame->data, frame->linesize, 0, frame->height, planes, strides);
}
