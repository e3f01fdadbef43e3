// Vectors of CT_VECTOR floats, and products of matrices by them, CT_PANEL vectors beside each other. Included once for each set of instructions,
// and without headers of its own: functions of the library that were compiled for one of them must not be used by the rest of the program.

namespace {

typedef float Vector __attribute__((vector_size(4 * CT_VECTOR)));
/// In memory, on any border.
typedef Vector Anywhere __attribute__((aligned(4)));
constexpr int64_t width = CT_VECTOR, panel = CT_PANEL, rows = 6;

inline Vector load(const float *from) { return *reinterpret_cast<const Anywhere *>(from); }
inline void store(float *to, Vector value) { *reinterpret_cast<Anywhere *>(to) = value; }
/// Past the caches, to a border of whole vectors: a line of the cache that is written whole need not be read first.
inline void storePast(float *to, Vector value) { __builtin_nontemporal_store(value, reinterpret_cast<Vector *>(to)); }
inline Vector all(float value) { return value - Vector{}; }

/// a · b + c, rounded once where the processor can.
inline Vector fma(Vector a, Vector b, Vector c) {
#if CT_FUSED
    return __builtin_elementwise_fma(a, b, c);
#else
    return a * b + c;
#endif
}
inline Vector fma(Vector a, float b, Vector c) { return fma(a, all(b), c); }
inline int64_t whole(int64_t count) { return (count + width - 1) / width * width; }

/// The first `count` values, and zeros.
inline Vector loadSome(const float *from, int64_t count) {
    if (count >= width) return load(from);
    Vector value{};
    for (int64_t i = 0; i < count; ++i) value[i] = from[i];
    return value;
}

inline void storeSome(float *to, Vector value, int64_t count) {
    if (count >= width) return store(to, value);
    for (int64_t i = 0; i < count; ++i) to[i] = value[i];
}

inline Vector activated(Vector value, Vector slope) { return value >= 0.0f ? value : value * slope; }

/// `R` rows of `count` values by `count` rows of `N` vectors.
/// - ahead: a line of the cache a step from there on is brought nearer meanwhile: weights that come next.
template <int R, int N>
inline void multiply(
    const float *a, int64_t stride, const float *b, int64_t count, float *to, int64_t toStride, const float *ahead) {
    Vector sum[R][N] = {};
    for (int64_t c = 0; c < count; ++c) {
        __builtin_prefetch(ahead + c * 16);
        Vector column[N];
#pragma unroll
        for (int n = 0; n < N; ++n) column[n] = load(b + (c * N + n) * width);
#pragma unroll
        for (int r = 0; r < R; ++r) {
            const Vector value = all(a[r * stride + c]);
#pragma unroll
            for (int n = 0; n < N; ++n) sum[r][n] = fma(value, column[n], sum[r][n]);
        }
    }
#pragma unroll
    for (int r = 0; r < R; ++r)
#pragma unroll
        for (int n = 0; n < N; ++n) store(to + r * toStride + n * width, sum[r][n]);
}

/// `R` rows of `depth` values by weights of as many rows, in place or not.
/// - values: rows `stride` apart; products go to rows `line` apart.
template <int R>
inline void multiplyRows(
    const float *values, int64_t stride, int64_t depth, const float *weights, int64_t out, float *to, int64_t line,
    const float *ahead) {
    for (int64_t k = 0; k < out; k += panel * width, ahead += depth * 16) {
        const int64_t left = (out - k) / width;
        const float *columns = weights + k * depth;
        if (left >= panel) multiply<R, panel>(values, stride, columns, depth, to + k, line, ahead);
        else if (left == 1) multiply<R, 1>(values, stride, columns, depth, to + k, line, ahead);
        else if (left == 2) multiply<R, std::min<int>(panel, 2)>(values, stride, columns, depth, to + k, line, ahead);
        else multiply<R, std::min<int>(panel, 3)>(values, stride, columns, depth, to + k, line, ahead);
    }
}

}  // namespace
