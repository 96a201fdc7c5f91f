// What is summed up over indexed pixels.
#include <algorithm>
#include <atomic>

#include "huepress.h"
#include "threads.h"

namespace {

const int64_t kPixelsPerThread = 1 << 15;  // fewer do not pay for waking a thread

template <class Label, class Weight>
void add(const void *labels, const void *weights, int64_t count, double *sums) {
    for (int64_t i = 0; i < count; ++i) sums[((const Label *)labels)[i]] += (double)((const Weight *)weights)[i];
}

int64_t square(int32_t value) { return (int64_t)value * value; }

struct Opaque {
    static int64_t error(const uint8_t *pixel, int32_t, const uint8_t *entry) {
        int32_t sum = 0;
        for (int32_t c = 0; c < 3; ++c) sum += (pixel[c] - entry[c]) * (pixel[c] - entry[c]);
        return sum;
    }
};

struct OverBlackAndWhite {
    static int64_t error(const uint8_t *pixel, int32_t channels, const uint8_t *entry) {
        const int32_t alpha = channels == 4 ? pixel[3] : 255, white = 255 * (alpha - entry[3]);
        int64_t sum = 0;
        for (int32_t c = 0; c < 3; ++c) {
            const int32_t black = pixel[c] * alpha - entry[c] * entry[3];
            sum += square(black) + square(black - white);
        }
        return sum;
    }
};

template <class Kind>
int64_t square_error(const uint8_t *pixels, int64_t count, int32_t channels, int32_t stride, int32_t threads,
                     const uint8_t *indices, const uint8_t *palette) {
    threads = (int32_t)std::max<int64_t>(1, std::min<int64_t>(threads, count / kPixelsPerThread));
    std::atomic<int64_t> total(0);
    hp_run(threads, [&](int32_t t) {
        int64_t sum = 0;
        for (int64_t i = hp_share(count, threads, t); i < hp_share(count, threads, t + 1); ++i)
            sum += Kind::error(pixels + i * stride, channels, palette + 4 * indices[i]);
        total += sum;
    });
    return total;
}

}  // namespace

void hp_label_sums(const void *labels, int32_t label_bytes, const void *weights, int32_t weight_bytes, int64_t count,
                   double *sums) {
    if (label_bytes == 1)
        (weight_bytes == 4 ? add<uint8_t, float> : add<uint8_t, double>)(labels, weights, count, sums);
    else
        (weight_bytes == 4 ? add<uint32_t, float> : add<uint32_t, double>)(labels, weights, count, sums);
}

int64_t hp_square_error(const uint8_t *pixels, int64_t count, int32_t channels, int32_t stride, int32_t threads,
                        const uint8_t *indices, const uint8_t *palette, int32_t opaque) {
    return (opaque ? square_error<Opaque> : square_error<OverBlackAndWhite>)(pixels, count, channels, stride, threads,
                                                                             indices, palette);
}
