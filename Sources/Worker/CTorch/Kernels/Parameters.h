// What kernels on a device are told: the same bytes for the host's compiler and the device's.
#pragma once
#include <cstdint>

namespace ct::kernels {

/// What a network made, [3, height, width] of halves or floats, and the source's colours that it is to have.
struct FinishedPicture {
    const void *rgb;
    int32_t width, height;
    /// A correction for each cell, [3, cellRows, cellColumns], interpolated between their middles; null for none.
    const float *cells;
    int32_t cellRows, cellColumns;
    float cellsARow, cellsAColumn;
    /// A channel's bounds, [3] each.
    const float *least, *greatest;
};

/// What a network made ahead of its last shuffle, by four: [height, width, step] of halves, of which the value c · 16 + j · 4 + i goes to line j and
/// column i of a pixel's pixels, when colour c of `base`, [3, height, width] of halves, was added to it.
struct UnshuffledPicture {
    const void *values, *base;
    int32_t step, width, height;
};

/// What a network made, [3, scale · height, scale · width] of halves or floats, and its source, [3, height, width], measured cell by cell.
struct CellsTask {
    const void *rgb;
    const float *source;
    /// [4, 3, rows, columns]: what the result's means lack of the source's, those means, and the source's least and greatest values.
    float *to;
    int32_t scale, width, height, rows, columns;
};

/// A plane of codes to be written: a weighted sum of the colours, and an offset, cut off at the point.
struct CodePlane {
    void *samples;
    /// In samples; of the plane, not of the picture.
    int32_t stride, width, height;
    int32_t isWide;
    float mix[3], offset, highest;
    /// [height, width] in [0, 1), shifted in circles; null for none.
    const float *noise;
    int32_t noiseDown, noiseRight;
};

struct CodePlanes {
    CodePlane planes[3];
};

/// Weighted samples beside `factor` · i of a row or column.
struct DecimationTaps {
    int32_t factor, count, offsets[8];
    float weights[8];
};

struct Decimation {
    DecimationTaps rows, columns;
};

/// A plane of codes to be read. `step`: samples from one to the next; `shift`: bits below the value.
struct SourcePlane {
    const void *samples;
    int32_t stride, step, width, height, isWide, shift;
    /// Where the first sample lies in the whole picture's samples, and how many there are to one of those: 1, 0.5 or 0.25.
    float placeX, placeY, across, down;
};

struct SourcePicture {
    SourcePlane planes[3];
    int32_t width, height, hasChroma;
    float lumaOffset, lumaGain, chromaOffset;
    float redOfRed, greenOfRed, greenOfBlue, blueOfBlue;
    /// What RGB is held between, and what it is then multiplied by and what is added.
    float least, greatest, gain, offset;
};

/// What a picture is mixed with: [3, height, width] of floats; of the source's size its motion, [2, h, w] in the source's pixels, and how much
/// it counts, [h, w], and in all (one value).
struct MixNeighbour {
    const float *result, *flow, *weight, *gate;
};

struct MixTask {
    /// Neighbours.
    static constexpr int most = 32;
    /// What a block makes, and the furthest reach that leaves it memory on every device.
    static constexpr int across = 32, down = 16, mostReach = 16;
    /// What a block's threads share: samples of three channels as far as they reach, and two bounds of each row's.
    static constexpr int sharedBytes(int reach) { return 3 * (down + 2 * reach) * (across + 2 * reach + 2 * across) * int(sizeof(float)); }

    const float *own;
    float *to;
    int32_t width, height, smallWidth, smallHeight;
    float smallAColumn, smallARow, columnsASmall, rowsASmall;
    /// Neighbours are held to what the picture has within so many samples.
    int32_t reach, count;
    MixNeighbour neighbours[most];
};

/// A step of least squares at one size: planes of [height, width], flows of [2, height, width].
struct FlowTask {
    const float *luma, *alongX, *alongY, *xx, *xy, *yy, *determinant, *other, *flow;
    float *to;
    int32_t width, height;
    /// Pixels that a step goes at most.
    float furthest;
};

struct SlopesTask {
    const float *luma;
    float *alongX, *alongY, *xx, *xy, *yy, *determinant;
    int32_t width, height;
    float regularity;
};

/// Pictures of [3, height, width]; `tolerance` and the result of [height, width].
struct MatchTask {
    const float *source, *neighbour, *flow, *tolerance;
    float *to;
    int32_t width, height;
    float least;
};

/// A 3x3 convolution of pictures of halves, [batch, height, width, channels] each, read as if they were concatenated. Its results are activated,
/// and then, for each base that there is, multiplied by a factor and added to it.
struct DenseTask {
    static constexpr int most = 8, mostBases = 2;
    /// Channels that are summed in a step, and pixels of a block's tile: 512 for up to 32 outputs, else 256. A warp has 16 columns of eight rows of
    /// them, with up to 32 outputs.
    static constexpr int channelsAStep = 16, rows = 16, rowsAWarp = 8, threads = 32 * (2 * rows / rowsAWarp);
    static constexpr int columns(int outputs) { return outputs > 32 ? 16 : 32; }
    /// Bytes of shared memory for a step: a tile's channels with the pixels around it, and their weights.
    static constexpr int pixelBytes(int outputs) { return (rows + 2) * (columns(outputs) + 2) * channelsAStep * 2; }
    static constexpr int weightBytes(int outputs) { return 9 * channelsAStep * outputs * 2; }
    static constexpr int sharedBytes(int outputs) { return 2 * (pixelBytes(outputs) + weightBytes(outputs)); }

    const void *pictures[most];
    /// Multiples of 16.
    int32_t channels[most];
    int32_t count;
    int32_t height, width;
    /// Of all channels; and the tiles in a row and a column of a picture, and in all.
    int32_t steps, tilesAcross, tilesDown, tiles;
    const void *weights;
    /// As many as the kernel has outputs.
    const float *bias, *slope;
    /// As the result, or null.
    const void *bases[mostBases];
    float factors[mostBases];
    /// [batch, height, width, stored] of halves; `stored` is a multiple of 8, and no more than the kernel has outputs.
    void *to;
    int32_t stored;

    /// What follows from the pictures' size, once they are known.
    void take(int64_t pictures, int64_t rowsInAll, int64_t columnsInAll, int outputs) {
        height = int32_t(rowsInAll);
        width = int32_t(columnsInAll);
        tilesDown = (height + rows - 1) / rows;
        tilesAcross = (width + columns(outputs) - 1) / columns(outputs);
        tiles = int32_t(pictures) * tilesDown * tilesAcross;
        steps = 0;
        for (int i = 0; i < count; ++i) steps += channels[i] / channelsAStep;
    }
};

}  // namespace ct::kernels
