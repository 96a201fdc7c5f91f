// The inner loops of the local standard deviation: Gaussian means of values and of their squares, in double precision,
// each term in the same order at every SIMD level.
#include "../activity.h"
#include "eight.h"

void HP_LANES(hp_activity_columns)(const int16_t *const *rows, const double *taps, int32_t width, double *mean,
                                   double *square) {
    const int32_t whole = width & ~7;
    for (int32_t x = 0; x < whole; x += 8) {
        Eight m = eight(0.0), s = m;
        for (int32_t t = 0; t < HP_TAPS; ++t) {
            const Eight value = eight(rows[t] + x), weighted = eight(taps[t]) * value;
            m = m + weighted;
            s = s + weighted * value;
        }
        store(mean + x, m);
        store(square + x, s);
    }
    for (int32_t x = whole; x < width; ++x) {
        mean[x] = square[x] = 0;
        for (int32_t t = 0; t < HP_TAPS; ++t) {
            const double value = rows[t][x], weighted = taps[t] * value;
            mean[x] += weighted;
            square[x] += weighted * value;
        }
    }
}

void HP_LANES(hp_activity_row)(const double *mean, const double *square, const double *taps, int32_t width,
                               double *HP_RESTRICT variance) {
    for (int32_t start = 0; start < width; start += 8) {
        Eight m = eight(0.0), s = m;
        for (int32_t t = 0; t < HP_TAPS; ++t) {
            const Eight tap = eight(taps[t]);
            m = m + tap * eight(mean + start + t);
            s = s + tap * eight(square + start + t);
        }
        double v[8];
        const Eight found = s - m * m;
        store(v, if_positive(found, found));
        for (int32_t i = 0; i < 8 && start + i < width; ++i) variance[start + i] += v[i];
    }
}
