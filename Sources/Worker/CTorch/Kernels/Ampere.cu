// The network's 3x3 convolutions for every GPU from Ampere on, by warp-wide products (mma.sync), with bias and PReLU.
// Shared memory: 67 KB, of the 99 KB that a block may have on every such GPU.
#include <Warps.h>

#include "Activation.h"

namespace {

constexpr int kStrip = 64;                // columns of a strip
constexpr int kSlots = 8, kAhead = 4;     // input rows in shared memory; rows requested ahead of use
constexpr int kRow = (kStrip + 2) * 128;  // bytes of one

// Consecutive rows [y0, y1) of the strip from column x on, of picture n.
struct Piece {
    int n, x, y0, y1;
};
__device__ __forceinline__ Piece pieceAt(unsigned at, unsigned last, unsigned height, unsigned strips) {
    const unsigned column = at / height, y0 = at - column * height, n = column / strips;
    return {int(n), int((column - n * strips) * kStrip), int(y0), int(min(height, y0 + last - at))};
}

}  // namespace

// [N, H, W, 64] to [N, H, W, channels]; channels is a multiple of 8, at most 64. To launch: a block of 256 threads for each
// multiprocessor, kSlots * kRow + 128 bytes of dynamic shared memory.
//
// Persistent: each block walks down an equal share of all strips' rows. Its eight warps are four times 16 output channels by
// twice 32 columns. A warp keeps its channels' weights in registers, all 576 of each (144 a thread), so that shared memory
// only delivers activations. An input row is read from it once and contributes to three output rows at once, whose sums wait
// in registers: six products for each ldmatrix, 48 FLOP a byte, where A100 needs 16 and RTX 40 needs 4. As just the current
// input row is used, the other slots let loads run ahead and warps drift apart, so that one's epilogue hides behind
// another's products. Every output is summed in the same order whatever the grid.
//
// `weights` are the products' operands as each lane holds them: [tap][16 inputs][16 outputs][lane], 16 bytes each. Outputs
// are permuted within 16 such that a lane ends up with four neighbours: 8 bytes to store, of which four lanes' are a sector.
//
// Shared memory: a row is 66 pixels of 128 bytes, whose 16-byte eighths are permuted by the pixel's number modulo 8: the
// same eighth of eight consecutive pixels lies in different banks, wherever they start.
extern "C" __global__ void __launch_bounds__(256, 1) conv3x3_sm80(
    const __half *in, __half *out, const uint4 *weights, const float *bias, const float *slope, int width, int height, int count,
    int channels) {
    alignas(16) __shared__ float biases[64], slopes[64];
    alignas(8) __shared__ uint64_t barriers[2 * kSlots];
    const int thread = threadIdx.x, lane = thread & 31, group = thread >> 7;
    const uint32_t rows = (sharedAddress(dynamicShared()) + 127) & ~127u;
    const uint32_t full = sharedAddress(barriers), empty = full + 8 * kSlots;
    if (thread < 64) {
        biases[thread] = thread < channels ? bias[thread] : 0;
        slopes[thread] = thread < channels ? slope[thread] : 0;
    }
    if (thread == 0)
        for (int i = 0; i < kSlots; ++i) {
            barrierInit(full + 8 * i, 256);
            barrierInit(empty + 8 * i, 8);
        }
    __syncthreads();

    const unsigned strips = (unsigned(width) + kStrip - 1) / kStrip, total = unsigned(count) * strips * unsigned(height);
    const unsigned share = total / gridDim.x, more = total - share * gridDim.x;
    const unsigned first = share * blockIdx.x + min(blockIdx.x, more), last = first + share + (blockIdx.x < more ? 1 : 0);

    // The loading side. A thread copies the 16 bytes `eighth` of pixels `pixel`, + 32 and, some threads, + 64 of each row.
    const int pixel = thread >> 3, eighth = thread & 7;
    const uint32_t copyTo = rows + pixel * 128 + ((eighth ^ (pixel & 7)) << 4);
    const __half *from = in;
    unsigned loadAt = first;
    int loadY = 0, loadEnd = -1;  // input rows still to come of the piece, loadEnd included
    bool valid0 = false, valid1 = false, valid2 = false;
    const auto load = [&](unsigned q) {
        if (loadY > loadEnd) {
            if (loadAt >= last) return;
            const Piece p = pieceAt(loadAt, last, height, strips);
            loadAt += p.y1 - p.y0;
            loadY = p.y0 - 1;
            loadEnd = p.y1;
            const int x = p.x - 1 + pixel;
            from = in + ((int64_t(p.n) * height + loadY) * width + x) * 64 + eighth * 8;
            valid0 = x >= 0 && x < width;
            valid1 = x + 32 < width;
            valid2 = x + 64 < width;
        }
        const unsigned slot = q % kSlots;
        const uint32_t to = copyTo + slot * kRow;
        const bool inside = loadY >= 0 && loadY < height;
        barrierWait(empty + 8 * slot, ((q / kSlots) & 1) ^ 1);
        copyAsync(to, inside && valid0 ? from : in, inside && valid0);
        copyAsync(to + 32 * 128, inside && valid1 ? from + 32 * 64 : in, inside && valid1);
        if (thread < 16) copyAsync(to + 64 * 128, inside && valid2 ? from + 64 * 64 : in, inside && valid2);
        copiesArrive(full + 8 * slot);
        from += int64_t(width) * 64;
        ++loadY;
    };
    for (unsigned q = 0; q < kAhead; ++q) load(q);

    uint32_t w[9][4][4];
#pragma unroll
    for (int i = 0; i < 36; ++i) {
        const uint4 v = weights[i * 128 + (thread & 127)];
        w[i / 4][i % 4][0] = v.x;
        w[i / 4][i % 4][1] = v.y;
        w[i / 4][i % 4][2] = v.z;
        w[i / 4][i % 4][3] = v.w;
    }

    // Where this lane's row of the matrices lies, for each of the three columns of the kernel: 16 pixels (lane & 15) by two
    // eighths (lane >> 4); those of inputs 16 k on are at this address ^ 32 k.
    uint32_t shifted[3];
#pragma unroll
    for (int dx = 0; dx < 3; ++dx) {
        const int p = (lane & 15) + dx;
        shifted[dx] = rows + (group * 32 + p) * 128 + (((lane >> 4) ^ (p & 7)) << 4);
    }
    // A lane's results: four channels from here on, of pixels lane / 4 and 8 further, of each 16.
    const int channel = ((thread >> 5) & 3) * 16 + (lane & 3) * 4;
    // Sums of the output row below the current input row's, without its last two input rows (one), and of the row beside it,
    // without its last (two).
    float one[2][2][4] = {}, two[2][2][4] = {};
    float zero[4] = {};
    unsigned q = 0;
    for (unsigned at = first; at < last;) {
        const Piece p = pieceAt(at, last, height, strips);
        at += p.y1 - p.y0;
        const int x = p.x + group * 32 + (lane >> 2), left = channel < channels ? width - x : 0;
        const bool busy = p.x + group * 32 < width && (channel & ~15) < channels;
        __half *to = out + ((int64_t(p.n) * height + p.y0 - 2) * width + x) * channels + channel;
        for (int y = p.y0 - 1; y <= p.y1; ++y, ++q) {
            load(q + kAhead);
            const unsigned slot = q % kSlots;
            barrierWait(full + 8 * slot, (q / kSlots) & 1);
            if (busy) {
                const int stored = y > p.y0 ? left : 0;
#pragma unroll
                for (int tile = 0; tile < 2; ++tile) {
                    float done[2][4];
#pragma unroll
                    for (int dx = 0; dx < 3; ++dx)
#pragma unroll
                        for (int k = 0; k < 4; ++k) {
                            uint32_t a[4];
                            loadMatrices(a, ((shifted[dx] + slot * kRow) ^ (k * 32)) + tile * 2048);
                            const bool begins = dx == 0 && k == 0;
                            const uint32_t *w0 = w[dx][k], *w1 = w[3 + dx][k], *w2 = w[6 + dx][k];
#pragma unroll
                            for (int j = 0; j < 2; ++j) {
                                multiply(done[j], a, w2[2 * j], w2[2 * j + 1], begins ? two[tile][j] : done[j]);
                                multiply(two[tile][j], a, w1[2 * j], w1[2 * j + 1], begins ? one[tile][j] : two[tile][j]);
                                multiply(one[tile][j], a, w0[2 * j], w0[2 * j + 1], begins ? zero : one[tile][j]);
                            }
                        }
                    if (tile == 1) {
                        __syncwarp();
                        if (lane == 0) barrierArrive(empty + 8 * slot);
                    }
                    const float4 b = *reinterpret_cast<const float4 *>(biases + channel);
                    const float4 s = *reinterpret_cast<const float4 *>(slopes + channel);
#pragma unroll
                    for (int half = 0; half < 2; ++half) {
                        const uint2 v = make_uint2(
                            packed(activated(done[0][2 * half], b.x, s.x), activated(done[0][2 * half + 1], b.y, s.y)),
                            packed(activated(done[1][2 * half], b.z, s.z), activated(done[1][2 * half + 1], b.w, s.w)));
                        if (stored > tile * 16 + half * 8)
                            *reinterpret_cast<uint2 *>(to + (tile * 16 + half * 8) * channels) = v;
                    }
                }
            } else if (lane == 0) barrierArrive(empty + 8 * slot);
            to += int64_t(width) * channels;
        }
    }
}

namespace {

constexpr int kFirstColumns = 64, kFirstRows = 8;  // of a block's tile
constexpr int kFirstLines = kFirstRows + 2;        // with the rows around, of each of three planes
// Halves from a line to the next: 8 banks on, so that four lines' eight pixels meet in no bank.
constexpr int kPitch = 80;

// The 27 factors of an output are spread over 32 places such that one read fetches, in the lanes t = lane % 4 = 0 ... 2,
// the same column of three neighbouring lines. What does not fit, and five empty places (-1), go to t = 3. The place i of
// lane t: i / 4 is the product, i / 2 % 2 the register, i % 2 the half of it.
__device__ __forceinline__ int factorAt(int t, int i) {
    if (t < 3) return (i / 3 * 3 + t) * 3 + i % 3;
    return i < 3 ? (2 * 3 + i) * 3 + 2 : -1;
}

}  // namespace

// [N, 3, H, W] to [N, H, W, 64]; `weights` are [64][27], the inputs ordered by plane, row, column.
//
// To launch: two blocks of 256 threads for each multiprocessor, no dynamic shared memory.
//
// Persistent, each block with an equal share of the tiles of 64 x 8 pixels; a warp does a row's 64, 16 at a time. The output
// channels are permuted such that a lane ends up with channels 8 t ... and 32 + 8 t ... of a pixel: one 16-byte store each,
// of which four lanes' make 64 consecutive bytes, so that only whole 32-byte sectors are written.
extern "C" __global__ void __launch_bounds__(256, 2) conv_first_sm80(
    const __half *in, __half *out, const __half *weights, const float *bias, const float *slope, int width, int height, int count) {
    __shared__ unsigned short tiles[2][3 * kFirstLines * kPitch];
    alignas(16) __shared__ float biases[64], slopes[64];
    const int thread = threadIdx.x, lane = thread & 31, warp = thread >> 5, t = lane & 3, g = lane >> 2;

    const unsigned tilesX = (unsigned(width) + kFirstColumns - 1) / kFirstColumns;
    const unsigned tilesY = (unsigned(height) + kFirstRows - 1) / kFirstRows, total = tilesX * tilesY * unsigned(count);
    const unsigned share = total / gridDim.x, more = total - share * gridDim.x;
    const unsigned first = share * blockIdx.x + min(blockIdx.x, more), end = first + share + (blockIdx.x < more ? 1 : 0);
    if (first == end) return;
    const unsigned firstRow = first / tilesX, firstPicture = firstRow / tilesY;
    int n = int(firstPicture), x0 = int((first - firstRow * tilesX) * kFirstColumns), y0 = int((firstRow - n * tilesY) * kFirstRows);
    uint32_t w[8][2][2];
#pragma unroll
    for (int j = 0; j < 8; ++j) {
        // Column c of the product j is output channel 32 (j / 4) + 8 (c / 2) + 2 (j % 4) + c % 2.
        const __half *row = weights + (j / 4 * 32 + g / 2 * 8 + j % 4 * 2 + g % 2) * 27;
#pragma unroll
        for (int i = 0; i < 8; i += 2) {
            const int f0 = factorAt(t, i), f1 = factorAt(t, i + 1);
            const __half2 both = __halves2half2(f0 < 0 ? __half(0) : row[f0], f1 < 0 ? __half(0) : row[f1]);
            w[j][i / 4][i / 2 % 2] = *reinterpret_cast<const uint32_t *>(&both);
        }
    }
    if (thread < 64) {
        biases[thread] = bias[thread];
        slopes[thread] = slope[thread];
    }
    // Which bytes of a pair of reads go to the product: those of empty places must be zeros, whatever was read (the upper
    // two bytes of a read are).
    const uint32_t second = t < 3 ? 0x5410 : 0x2210, others = t < 3 ? 0x5410 : 0x2222;
    const int regular = (warp + t % 3) * kPitch + g;
    const int start = t < 3 ? regular : (2 * kFirstLines + warp) * kPitch + 2 + g, step = t < 3 ? 1 : kPitch;

    for (unsigned tile = first; tile < end; ++tile) {
        // Lines warp, warp + 8, ... of the tile's 30, 66 pixels each. The other block computes meanwhile.
        unsigned short *const pixels = tiles[(tile - first) & 1];
        const unsigned short *picture = reinterpret_cast<const unsigned short *>(in) + int64_t(n) * 3 * height * width;
        unsigned short held[4][3];
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const int line = warp + 8 * i, plane = line / kFirstLines, y = y0 - 1 + line - plane * kFirstLines, x = x0 - 1 + lane;
            const bool inside = line < 3 * kFirstLines && y >= 0 && y < height;
            const unsigned short *from = picture + (int64_t(plane) * height + y) * width + x;
            held[i][0] = inside && x >= 0 && x < width ? from[0] : 0;
            held[i][1] = inside && x + 32 < width ? from[32] : 0;
            held[i][2] = inside && lane < 2 && x + 64 < width ? from[64] : 0;
        }
        unsigned short *line = pixels + warp * kPitch + lane;
#pragma unroll
        for (int i = 0; i < 4; ++i)
            if (warp + 8 * i < 3 * kFirstLines) {
                line[i * 8 * kPitch] = held[i][0];
                line[i * 8 * kPitch + 32] = held[i][1];
                if (lane < 2) line[i * 8 * kPitch + 64] = held[i][2];
            }
        // One is enough for two buffers: who gets here again has seen everyone finish with the buffer before.
        __syncthreads();
        const int left = y0 + warp < height ? width - x0 - g : 0;
        __half *to = out + ((int64_t(n) * height + y0 + warp) * width + x0 + g) * 64 + t * 8;
        x0 += kFirstColumns;
        if (x0 >= width) {
            x0 = 0;
            y0 += kFirstRows;
            if (y0 >= height) {
                y0 = 0;
                ++n;
            }
        }
        const unsigned short *rest = pixels + regular, *begin0 = pixels + start, *begin1 = begin0 + step, *begin2 = begin1 + step;
#pragma unroll 1
        for (int m = 0; m < kFirstColumns; m += 16) {
            uint32_t a[2][4];  // the first and the last 16 places
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                const int at = half * 8;
                uint32_t v[8] = {begin0[at], begin1[at], begin2[at]};
#pragma unroll
                for (int k = 3; k < 8; ++k) v[k] = rest[at + k / 3 * (kFirstLines * kPitch) + k % 3];
                a[0][half] = __byte_perm(v[0], v[1], 0x5410);
                a[0][2 + half] = __byte_perm(v[2], v[3], second);
                a[1][half] = __byte_perm(v[4], v[5], others);
                a[1][2 + half] = __byte_perm(v[6], v[7], others);
            }
#pragma unroll
            for (int part = 0; part < 2; ++part) {
                float d[4][4];
#pragma unroll
                for (int j = 0; j < 4; ++j) {
                    const float zero[4] = {};
                    const uint32_t(&f)[2][2] = w[part * 4 + j];
                    multiply(d[j], a[0], f[0][0], f[0][1], zero);
                    multiply(d[j], a[1], f[1][0], f[1][1], d[j]);
                }
                const float4 *b = reinterpret_cast<const float4 *>(biases + part * 32 + t * 8);
                const float4 *s = reinterpret_cast<const float4 *>(slopes + part * 32 + t * 8);
                const float4 b0 = b[0], b1 = b[1], s0 = s[0], s1 = s[1];
#pragma unroll
                for (int half = 0; half < 2; ++half) {
                    const int e = 2 * half;
                    const uint4 v = make_uint4(packed(activated(d[0][e], b0.x, s0.x), activated(d[0][e + 1], b0.y, s0.y)),
                                               packed(activated(d[1][e], b0.z, s0.z), activated(d[1][e + 1], b0.w, s0.w)),
                                               packed(activated(d[2][e], b1.x, s1.x), activated(d[2][e + 1], b1.y, s1.y)),
                                               packed(activated(d[3][e], b1.z, s1.z), activated(d[3][e + 1], b1.w, s1.w)));
                    if (left > m + half * 8) *reinterpret_cast<uint4 *>(to + half * 8 * 64 + part * 32) = v;
                }
            }
            to += 16 * 64;
            rest += 16;
            begin0 += 16;
            begin1 += 16;
            begin2 += 16;
        }
    }
}
