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
#include <libavutil/hdr_dynamic_metadata.h>
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
