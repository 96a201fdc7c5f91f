#include "activity.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <vector>

#include "huepress.h"
#include "threads.h"

namespace {

// A position outside, mirrored at the edge, which is repeated.
int32_t mirrored(int32_t position, int32_t count) {
    const int32_t period = 2 * count;
    position = ((position % period) + period) % period;
    return position < count ? position : period - 1 - position;
}

struct Rows {
    const int16_t *coordinates;
    int32_t dimensions, height, width;
    const double *taps;
    float *activity;

    void run(int32_t top, int32_t bottom) const {
        const int32_t radius = HP_TAPS / 2, padded = width + 2 * radius + 16;
        std::vector<double> mean((size_t)padded), square((size_t)padded), variance((size_t)width);
        for (int32_t y = top; y < bottom; ++y) {
            std::fill(variance.begin(), variance.end(), 0.0);
            for (int32_t d = 0; d < dimensions; ++d) {
                const int16_t *rows[HP_TAPS];
                for (int32_t t = 0; t < HP_TAPS; ++t)
                    rows[t] = coordinates + ((int64_t)d * height + mirrored(y + t - radius, height)) * width;
                HP_CALL(hp_blur_columns)(rows, taps, width, &mean[radius], &square[radius]);
                for (int32_t i = 0; i < radius; ++i) {
                    mean[i] = mean[radius + mirrored(i - radius, width)];
                    square[i] = square[radius + mirrored(i - radius, width)];
                    mean[radius + width + i] = mean[radius + mirrored(width + i, width)];
                    square[radius + width + i] = square[radius + mirrored(width + i, width)];
                }
                HP_CALL(hp_blur_row)(mean.data(), square.data(), taps, width, variance.data());
            }
            for (int32_t x = 0; x < width; ++x) activity[(int64_t)y * width + x] = (float)std::sqrt(variance[x]);
        }
    }
};

}  // namespace

int32_t hp_activity(const int16_t *coordinates, int32_t dimensions, int32_t height, int32_t width, const double *taps,
                    int32_t threads, float *activity) {
    const Rows rows = {coordinates, dimensions, height, width, taps, activity};
    try {
        hp_run(threads, [&](int32_t i) {
            rows.run((int32_t)hp_share(height, threads, i), (int32_t)hp_share(height, threads, i + 1));
        });
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}
