// Convolutions of few input channels: the nine neighbours' values of each sample, times the weights.

namespace {

/// The nine neighbours' values of each sample of a line, one behind the other.
void gatherLine(const ct::ConvolutionTask &task, int64_t picture, int64_t y, float *to) {
    const int64_t count = 3 * task.in;
    for (int64_t i = -1; i <= 1; ++i, to += count) {
        const bool isThere = y + i >= 0 && y + i < task.height;
        const float *from = task.inputs[0].samples + ((picture * task.height + y + i) * task.width - 1) * task.in;
        for (int64_t x = 0; x < task.width; ++x, from += task.in) {
            // Of the three samples, those that the line has.
            const int64_t first = isThere ? (x == 0 ? task.in : 0) : count;
            const int64_t end = isThere ? (x + 1 == task.width ? count - task.in : count) : count;
            float *place = to + x * 3 * count;
            for (int64_t v = 0; v < count; ++v) place[v] = v >= first && v < end ? from[v] : 0;
        }
    }
}

void runDirect(const ct::ConvolutionTask &task, std::atomic<int64_t> &next, float *scratch) {
    const int64_t depth = 9 * task.in, out = whole(task.out);
    float *values = scratch + rows * out;
    for (;;) {
        const int64_t line = next.fetch_add(1);
        if (line >= task.pictures * task.height) return;
        gatherLine(task, line / task.height, line % task.height, values);
        float *to = task.output + line * task.width * task.out;
        for (int64_t x = 0; x < task.width; x += rows) {
            const int64_t count = std::min(rows, task.width - x);
            if (count == rows) {
                multiplyRows<rows>(values + x * depth, depth, depth, task.weights, out, scratch, out, task.weights);
            } else {
                for (int64_t r = 0; r < count; ++r)
                    multiplyRows<1>(
                        values + (x + r) * depth, depth, depth, task.weights, out, scratch + r * out, out, task.weights);
            }
            for (int64_t r = 0; r < count; ++r)
                for (int64_t k = 0; k < out; k += width)
                    storeSome(
                        to + (x + r) * task.out + k,
                        activated(load(scratch + r * out + k) + load(task.bias + k), load(task.slope + k)),
                        task.out - k);
        }
    }
}

}  // namespace
