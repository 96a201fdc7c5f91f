#include "activity.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <vector>

#include "huepress.h"
#include "threads.h"

namespace {

constexpr int64_t kPixelsPerThread = 1 << 13;  // fewer take less time than to start a thread

// A position outside, mirrored at the edge, which is repeated.
int32_t mirrored(int32_t position, int32_t count) {
    const int32_t period = 2 * count;
    position = ((position % period) + period) % period;
    return position < count ? position : period - 1 - position;
}

struct Rows {
    enum { RADIUS = HP_TAPS / 2, BLOCK = 16 };

    const int16_t *coordinates;
    int32_t dimensions, height, width;
    const double *taps;
    float *activity;

    const int16_t *row(int32_t d, int32_t y) const { return coordinates + ((int64_t)d * height + y) * width; }

    // Count for each column of row y how many rows up it has been the same.
    void count_alike(int32_t y, int16_t *differs, int16_t *alike) const {
        std::fill(differs, differs + width, (int16_t)(y == 0));
        for (int32_t d = 0; d < dimensions && y > 0; ++d) {
            const int16_t *here = row(d, y), *above = row(d, y - 1);
            for (int32_t x = 0; x < width; ++x) differs[x] = (int16_t)(differs[x] | (here[x] ^ above[x]));
        }
        for (int32_t x = 0; x < width; ++x) {
            const int16_t more = (int16_t)(alike[x] < HP_TAPS ? alike[x] + 1 : HP_TAPS);
            alike[x] = differs[x] ? (int16_t)0 : more;
        }
    }

    // Whether each pixel of row y differs from the one before it, or its column is not alike over `rows` rows.
    void find_edges(int32_t y, int32_t rows, const int16_t *alike, int16_t *edges) const {
        for (int32_t x = 0; x < width; ++x) edges[x] = (int16_t)(alike[x] + 1 < rows);
        for (int32_t d = 0; d < dimensions; ++d) {
            const int16_t *here = row(d, y);
            for (int32_t x = 1; x < width; ++x) edges[x] = (int16_t)(edges[x] | (here[x] ^ here[x - 1]));
        }
    }

    // The variances of columns first .. end of row y.
    void blur(int32_t y, int32_t first, int32_t end, double *mean, double *square, double *variance) const {
        const int32_t left = std::max(0, first - RADIUS), right = std::min(width, end + RADIUS);
        for (int32_t d = 0; d < dimensions; ++d) {
            const int16_t *rows[HP_TAPS];
            for (int32_t t = 0; t < HP_TAPS; ++t) rows[t] = row(d, mirrored(y + t - RADIUS, height)) + left;
            HP_CALL(hp_activity_columns)(rows, taps, right - left, mean + RADIUS + left, square + RADIUS + left);
            const auto mirror = [&](int32_t x) {
                mean[RADIUS + x] = mean[RADIUS + mirrored(x, width)];
                square[RADIUS + x] = square[RADIUS + mirrored(x, width)];
            };
            for (int32_t x = first - RADIUS; x < left; ++x) mirror(x);
            for (int32_t x = right; x < end + RADIUS; ++x) mirror(x);
            HP_CALL(hp_activity_row)(mean + first, square + first, taps, end - first, variance + first);
        }
    }

    void run(int32_t top, int32_t bottom) const {
        const size_t padded = (size_t)(width + 2 * RADIUS + BLOCK);
        std::vector<double> mean(padded), square(padded), variance((size_t)width);
        std::vector<int16_t> differs((size_t)width), alike((size_t)width, 0), edges((size_t)width);
        int32_t counted = std::max(0, top - RADIUS);
        for (int32_t y = top; y < bottom; ++y) {
            const int32_t last = std::min(height - 1, y + RADIUS);
            for (; counted <= last; ++counted) count_alike(counted, differs.data(), alike.data());
            find_edges(y, last - std::max(0, y - RADIUS) + 1, alike.data(), edges.data());
            std::fill(variance.begin(), variance.end(), 0.0);
            for (int32_t first = 0, end; first < width; first = end) {
                const bool flat = is_flat(edges.data(), first);
                for (end = first + BLOCK; end < width && is_flat(edges.data(), end) == flat;) end += BLOCK;
                end = std::min(end, width);
                if (!flat) blur(y, first, end, mean.data(), square.data(), variance.data());
            }
            for (int32_t x = 0; x < width; ++x) activity[(int64_t)y * width + x] = (float)std::sqrt(variance[x]);
        }
    }

    // Whether all that the pixels of a block look at has one colour: their variance is 0.
    bool is_flat(const int16_t *edges, int32_t first) const {
        int16_t any = 0;
        for (int32_t x = std::max(0, first - RADIUS); x < std::min(width, first + BLOCK + RADIUS); ++x)
            any = (int16_t)(any | edges[x]);
        return !any;
    }
};

}  // namespace

int32_t hp_activity(const int16_t *coordinates, int32_t dimensions, int32_t height, int32_t width, const double *taps,
                    int32_t threads, float *activity) {
    const Rows rows = {coordinates, dimensions, height, width, taps, activity};
    try {
        hp_run_shares(threads, height, std::max<int64_t>(1, kPixelsPerThread / width), [&](int64_t top, int64_t bottom) {
            rows.run((int32_t)top, (int32_t)bottom);
        });
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}
