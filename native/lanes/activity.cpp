// The inner loops of the local standard deviation: Gaussian means of values and of their squares, in double precision,
// each term in the same order at every SIMD level.
#include "../activity.h"

// Down the columns: mean and square hold, for each x, the weighted sums over the given rows.
void HP_LANES(hp_blur_columns)(const int16_t *const *rows, const double *taps, int32_t width, double *mean,
                               double *square) {
    for (int32_t x = 0; x < width; ++x) mean[x] = square[x] = 0;
    for (int32_t t = 0; t < HP_TAPS; ++t) {
        const int16_t *HP_RESTRICT row = rows[t];
        const double tap = taps[t];
        for (int32_t x = 0; x < width; ++x) {
            const double value = row[x], weighted = tap * value;
            mean[x] += weighted;
            square[x] += weighted * value;
        }
    }
}

// Along the row, which is padded by HP_TAPS / 2 on either side: adds the variance of each pixel.
void HP_LANES(hp_blur_row)(const double *mean, const double *square, const double *taps, int32_t width,
                           double *HP_RESTRICT variance) {
    enum { block = 16 };
    for (int32_t start = 0; start < width; start += block) {
        double m[block], s[block];
        const int32_t count = width - start < block ? width - start : block;
        for (int32_t i = 0; i < block; ++i) m[i] = s[i] = 0;
        for (int32_t t = 0; t < HP_TAPS; ++t)
            for (int32_t i = 0; i < block; ++i) {
                m[i] += taps[t] * mean[start + t + i];
                s[i] += taps[t] * square[start + t + i];
            }
        for (int32_t i = 0; i < count; ++i) {
            const double v = s[i] - m[i] * m[i];
            variance[start + i] += v > 0 ? v : 0;
        }
    }
}
