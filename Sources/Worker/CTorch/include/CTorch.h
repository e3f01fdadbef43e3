// C interface over libtorch: everything between decoded planes and encoder planes, as tensor code on the device.
//
// No call throws. A call that can fail returns a ct_status and writes one line of text into `error` (at most
// `capacity` bytes with the final zero). A handle may be used by one thread at a time.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define CT_NOEXCEPT noexcept
extern "C" {
#else
#define CT_NOEXCEPT
#endif

typedef enum {
    CT_OK = 0,
    CT_FAILED = 1,
    // Host or device; a smaller batch or tile may fit. Nothing is lost: the same call may be made again.
    CT_OUT_OF_MEMORY = 2,
    // The network gave NaN, infinity, or black for a picture that is not; the text names the frame.
    CT_BAD_OUTPUT = 3,
} ct_status;

// What surrounds a network: this library's kernels, on another device than the CPU after a trial on small pictures, and tensor operations where those
// come out otherwise; tensor operations; or the kernels without a trial, to hold one against the other.
typedef enum { CT_AROUND_BY_TRIED_KERNELS = 0, CT_AROUND_BY_OPERATIONS = 1, CT_AROUND_BY_KERNELS = 2 } ct_around;

typedef enum { CT_YUV = 0, CT_GRAY = 1, CT_RGB = 2 } ct_family;

// A picture's planes and what their samples mean. Samples of more than 8 bits are 16-bit little-endian words with
// the value in the low bits. Planes are Y Cb Cr, Y, or G B R; then alpha, in full range.
typedef struct {
    int32_t width, height;
    int32_t family;                          // ct_family
    int32_t bit_depth;                       // 8 to 16
    int32_t chroma_shift_x, chroma_shift_y;  // subsampling as powers of two
    int32_t matrix;                          // ITU-T H.273 MatrixCoefficients
    int32_t full_range;                      // RGB is always full range
    int32_t chroma_location;                 // libavutil's AVChromaLocation; 0 is taken as left
    int32_t has_alpha;                       // not with CT_GRAY
} ct_format;

// Strides are in bytes, positive, and multiples of a sample's size.
typedef struct {
    const void *planes[4];
    ptrdiff_t strides[4];
    int64_t number;  // the frame's number in the film: decides its dither, names it in errors
    // 1 where the planes lie in the memory of the model's device, and must stay there till the call that takes them is collected.
    // Only then the two below count.
    int32_t on_device;
    int32_t chroma_step;  // samples from one of a chroma plane to the next: 2 where Cb and Cr alternate (NV12, P010)
    int32_t shift;        // bits below the value in a 16-bit word: 6 in P010
} ct_input;

typedef struct {
    void *planes[4];
    ptrdiff_t strides[4];
} ct_output;

// A tile in source pixels: the core it fills in, and where its window (core and halo) begins. All windows of a
// plan have one size and lie inside the picture.
typedef struct {
    int32_t core_x, core_y, core_width, core_height;
    int32_t window_x, window_y;
} ct_tile;

typedef struct {
    int32_t batch;  // pictures per network call; short batches are padded
    int32_t window_width, window_height;
    const ct_tile *tiles;
    int32_t tile_count;
} ct_plan;

typedef struct ct_model ct_model;
typedef struct ct_upscaler ct_upscaler;
typedef struct ct_device_picture ct_device_picture;

// The version of the libtorch that was loaded, such as "1.13.1".
const char *ct_torch_version(void) CT_NOEXCEPT;

// Makes glibc keep big activations instead of giving them back to the kernel after each layer; worth a factor of
// two on the CPU. To be called at the program's start, before other threads.
void ct_configure_allocator(void) CT_NOEXCEPT;

// Why libtorch's CUDA part cannot be loaded, in the loader's words; NULL where it is.
const char *ct_cuda_problem(void) CT_NOEXCEPT;

// How many CUDA devices this libtorch can use; 0 without CUDA.
int32_t ct_cuda_device_count(void) CT_NOEXCEPT;

// Whether `device` still does what it is asked: after an error of some kinds it does not, as long as this process lives.
ct_status ct_device_works(const char *device, char *error, size_t capacity) CT_NOEXCEPT;

// Why this library has no kernels for `device`, in one line; empty where it has.
ct_status ct_device_kernels(const char *device, char *problem, size_t capacity) CT_NOEXCEPT;

// Bytes of a CUDA device that nobody has. What libtorch keeps for the next call counts as had.
ct_status ct_device_free_memory(const char *device, uint64_t *bytes, char *error, size_t capacity) CT_NOEXCEPT;

// Makes libtorch's profiler ready, which takes a while; before work begins. Then, on the same thread: what CUDA devices do in the next
// `seconds`, as a Chrome trace in a file. Blocks as long.
ct_status ct_trace_prepare(char *error, size_t capacity) CT_NOEXCEPT;
ct_status ct_trace_record(double seconds, const char *path, char *error, size_t capacity) CT_NOEXCEPT;

// Gives back what libtorch keeps of devices for later calls, where this libtorch can.
void ct_release_unused(void) CT_NOEXCEPT;

// Memory of the host that a CUDA device may write to by itself, for planes that come down without another copy. Freed with
// ct_pinned_close, which must not happen while a call that was given it is under way.
typedef struct ct_pinned ct_pinned;
ct_status ct_pinned_open(size_t bytes, ct_pinned **memory, void **data, char *error, size_t capacity) CT_NOEXCEPT;
void ct_pinned_close(ct_pinned *memory) CT_NOEXCEPT;

// Reads `model.json` out of a TorchScript file without loading the network. `*json` is freed with ct_free.
ct_status ct_read_description(const char *path, char **json, char *error, size_t capacity) CT_NOEXCEPT;
void ct_free(void *memory) CT_NOEXCEPT;

// Loads a TorchScript file (or, with path NULL, makes the built-in nearest-neighbour enlargement) for `device`, "cpu"
// or "cuda:N". `half` runs it in fp16, on CUDA only. `own_kernels`: those convolutions that there are kernels for in this
// library run in them, on the CPU in fp32, on CUDA in fp16. There they are tried on a small picture first, and libtorch's run where they give
// another than the CPU does.
ct_status ct_model_open(
    const char *path, int32_t scale, int32_t window, const char *device, int32_t half, int32_t own_kernels,
    ct_model **model, char *error, size_t capacity) CT_NOEXCEPT;
void ct_model_close(ct_model *model) CT_NOEXCEPT;

// How many of its convolutions run in this library's kernels for the CPU. With any, the last bits depend on where tiles lie.
int32_t ct_model_own_convolutions(const ct_model *model) CT_NOEXCEPT;
// How many in those for another device: bits depend on no tile there, nor do those of what comes behind.
int32_t ct_model_device_convolutions(const ct_model *model) CT_NOEXCEPT;
// Why none run in those although some could, or "". Valid as long as the model.
const char *ct_model_kernels_problem(const ct_model *model) CT_NOEXCEPT;
// How many concatenations these made superfluous; and pixel shuffles that run here, two for one with the enlarged source added. For tests.
int32_t ct_model_own_concatenations(const ct_model *model) CT_NOEXCEPT;
int32_t ct_model_own_shuffles(const ct_model *model) CT_NOEXCEPT;
// The factor of the last shuffle, where it is left to what comes behind the network; else 0. For tests.
int32_t ct_model_left_shuffle(const ct_model *model) CT_NOEXCEPT;

// Runs the network once on a ramp of values from low to high, shape [batch, 3, height, width] or, with
// a window, [batch, window, 3, height, width], and waits for it.
// Fails where the output has not the shape [batch, 3, scale*height, scale*width]; `finite` says whether all values are,
// `own_share` how much of its convolutions' multiplications ran in this library's kernels, 0 to 1.
ct_status ct_model_run(
    ct_model *model, int32_t batch, int32_t width, int32_t height, double low, double high, int32_t threads,
    int32_t *finite, double *own_share, char *error, size_t capacity) CT_NOEXCEPT;

// As ct_model_run, `calls` times without waiting between: what a call takes, and (on the CPU; elsewhere 0) the multiplications of its
// convolutions, counted as direct sums have them.
ct_status ct_model_time(
    ct_model *model, int32_t batch, int32_t width, int32_t height, double low, double high, int32_t calls, int32_t threads,
    double *seconds_a_call, double *multiplications, char *error, size_t capacity) CT_NOEXCEPT;

// Operations a second (a multiplication and an addition are two) that products of large matrices reach on a device: what there is to
// be had. In fp32, or fp16 with `half`.
ct_status ct_device_peak(
    const char *device, int32_t half, int32_t threads, double *operations, char *error, size_t capacity) CT_NOEXCEPT;

// What the network makes of one picture, before anything is done to it: input [3, height, width], output [3, scale*height, scale*width].
// For measurements; the network must see one picture only.
ct_status ct_model_evaluate(
    ct_model *model, int32_t width, int32_t height, const float *input, float *output, int32_t threads, char *error,
    size_t capacity) CT_NOEXCEPT;

// One of this library's convolutions alone, for tests and measurements, by the kernels for one set of instructions: "avx512", "avx2"
// or "plain"; fails where this processor lacks it. 3x3, stride 1, padding 1; what is negative after the bias is multiplied by the slope.
// input [height, width, in], weights [out, in, 3, 3], bias and slope [out], output [height, width, out].
ct_status ct_convolve(
    const char *kernel, int32_t width, int32_t height, int32_t in, int32_t out, const float *input,
    const float *weights, const float *bias, const float *slope, float *output, int32_t threads, char *error,
    size_t capacity) CT_NOEXCEPT;

// The kernels that are used on this processor.
const char *ct_kernel(void) CT_NOEXCEPT;

// An upscaler from one picture format to another: where that is not `scale` times as wide and high, the network's
// pictures are resampled to it. The model must outlive it. Network input and output are RGB in [low, high].
// `blend_radius`: so many pictures before each, and behind, are blended into it; 0 for none. `under_way`: so many calls may be begun and not collected, at least 1.
ct_status ct_upscaler_open(
    ct_model *model, const ct_format *input, const ct_format *output, double low, double high, int32_t blend_radius,
    ct_around around, int32_t under_way, ct_upscaler **upscaler, char *error, size_t capacity) CT_NOEXCEPT;
void ct_upscaler_close(ct_upscaler *upscaler) CT_NOEXCEPT;
// Why tensor operations do although there are kernels, or "". Valid as long as the upscaler.
const char *ct_upscaler_kernels_problem(const ct_upscaler *upscaler) CT_NOEXCEPT;
// The trial alone, on any device: `problem` says in one line how small pictures differ, or fail; empty where they do not, or where tensor operations
// make nothing of them either.
ct_status ct_upscaler_try(
    ct_model *model, const ct_format *input, const ct_format *output, double low, double high, int32_t blend_radius, char *problem,
    size_t problem_capacity, char *error, size_t capacity) CT_NOEXCEPT;

// Calls between begin and end are not waited for on a device: their work is under way until it is collected, the oldest first, and
// what they give must stay till then (what they are given need not, unless it lies on the device). As many may be under way at once as the upscaler was opened for. On the CPU the work is done in
// the calls all the same. An error of a call that was begun shows when it is collected, if not before.
ct_status ct_upscaler_begin(ct_upscaler *upscaler, char *error, size_t capacity) CT_NOEXCEPT;
ct_status ct_upscaler_end(ct_upscaler *upscaler, char *error, size_t capacity) CT_NOEXCEPT;
// Gives up what has begun and not ended.
void ct_upscaler_abandon(ct_upscaler *upscaler) CT_NOEXCEPT;
ct_status ct_upscaler_collect(ct_upscaler *upscaler, char *error, size_t capacity) CT_NOEXCEPT;

// Where the network sees more than one picture: lets it see `count` more, their numbers above all before. All that lie around one
// (half the window to either side, as far as there are) must have been shown before it is upscaled.
ct_status ct_upscaler_show(
    ct_upscaler *upscaler, int32_t threads, const ct_input *inputs, int32_t count, char *error,
    size_t capacity) CT_NOEXCEPT;

// Upscales `count` pictures, at most the plan's batch, with `threads` CPU threads.
ct_status ct_upscale(
    ct_upscaler *upscaler, const ct_plan *plan, int32_t threads, const ct_input *inputs, const ct_output *outputs,
    int32_t count, char *error, size_t capacity) CT_NOEXCEPT;

// With a blend instead: upscales `count` pictures, at most the plan's batch, and keeps them by their numbers.
ct_status ct_upscaler_keep(
    ct_upscaler *upscaler, const ct_plan *plan, int32_t threads, const ct_input *inputs, int32_t count, char *error,
    size_t capacity) CT_NOEXCEPT;

// Gives kept pictures, each blended with those kept within the radius. `inputs` are what was given to ct_upscaler_keep.
ct_status ct_upscaler_blend(
    ct_upscaler *upscaler, int32_t threads, const ct_input *inputs, const ct_output *outputs, int32_t count,
    char *error, size_t capacity) CT_NOEXCEPT;

// The network alone on `count` pictures, at most the plan's batch, `calls` times without waiting between: seconds a call. What a device does depends on
// what it is given: its power is the limit. The network must see one picture only.
ct_status ct_upscaler_time(
    ct_upscaler *upscaler, const ct_plan *plan, int32_t threads, const ct_input *inputs, int32_t count, int32_t calls,
    double *seconds_a_call, char *error, size_t capacity) CT_NOEXCEPT;

// Gives back what was shown and kept of all numbers below.
void ct_upscaler_forget(ct_upscaler *upscaler, int64_t below) CT_NOEXCEPT;

// Copies a picture that lies in the memory of `device` ("cuda:N", or "cpu" for tests), where hardware decoders lend it for a short time:
// on the device's default stream, on which NVDEC works too: the source may be given back to that at once, and calls that read the copy are ordered
// behind it. Nobody waits. The planes keep their step and shift.
ct_status ct_device_picture_open(
    const char *device, const ct_format *format, const ct_input *source, ct_device_picture **picture, char *error,
    size_t capacity) CT_NOEXCEPT;
// The copy as an upscaler takes it.
ct_input ct_device_picture_planes(const ct_device_picture *picture) CT_NOEXCEPT;
void ct_device_picture_close(ct_device_picture *picture) CT_NOEXCEPT;

#ifdef __cplusplus
}
#endif
