// The inner loops of the structural similarity, in double precision, each term in the same order at every SIMD level.
#include "../ssim.h"
#include "eight.h"

// A Gaussian of sigma 1.5, cut off at 5 pixels and scaled to a sum of 1; at(i) is the value i places from the middle.
template <class At>
static inline Eight gaussian(const At &at) {
    Eight sum = eight(0.2660117248617943) * at(0);
    sum = sum + eight(0.21300553771125366) * (at(-1) + at(1));
    sum = sum + eight(0.1093606895097) * (at(-2) + at(2));
    sum = sum + eight(0.03600077212843082) * (at(-3) + at(3));
    sum = sum + eight(0.007598758135239184) * (at(-4) + at(4));
    return sum + eight(0.001028380084479109) * (at(-5) + at(5));
}

void HP_LANES(hp_ssim_blur_row)(const float *a, const float *b, int32_t count, double *const *maps,
                                double *const *blurred) {
    double *const x = maps[0], *const y = maps[1], *const squares = maps[2], *const product = maps[3];
    for (int32_t i = 0; i < count + HP_SSIM_WINDOW - 1; ++i) x[i] = a[i];
    for (int32_t i = 0; i < count + HP_SSIM_WINDOW - 1; ++i) y[i] = b[i];
    for (int32_t i = 0; i < count + HP_SSIM_WINDOW - 1; i += HP_SSIM_LANES) {
        const Eight p = eight(x + i), q = eight(y + i);
        store(squares + i, p * p + q * q);
        store(product + i, p * q);
    }
    for (int32_t map = 0; map < HP_SSIM_MAPS; ++map)
        for (int32_t i = 0; i < count; i += HP_SSIM_LANES) {
            const double *const middle = maps[map] + i + HP_SSIM_RADIUS;
            store(blurred[map] + i, gaussian([&](int32_t distance) { return eight(middle + distance); }));
        }
}

double HP_LANES(hp_ssim_sum)(const double *const *rows, int32_t count) {
    const Eight two = eight(2.0), c1 = eight(0.01 * 255 * 0.01 * 255), c2 = eight(0.03 * 255 * 0.03 * 255);
    Eight sum = eight(0.0);
    for (int32_t i = 0; i < count; i += HP_SSIM_LANES) {
        Eight blurred[HP_SSIM_MAPS];
        for (int32_t map = 0; map < HP_SSIM_MAPS; ++map) {
            const double *const *const middle = rows + map * HP_SSIM_WINDOW + HP_SSIM_RADIUS;
            blurred[map] = gaussian([&](int32_t distance) { return eight(middle[distance] + i); });
        }
        const Eight squares = blurred[0] * blurred[0] + blurred[1] * blurred[1], product = blurred[0] * blurred[1];
        const Eight variances = blurred[2] - squares, covariance = blurred[3] - product;
        const Eight similarity = (two * product + c1) * (two * covariance + c2) / ((squares + c1) * (variances + c2));
        double lanes[HP_SSIM_LANES];
        store(lanes, similarity);
        sum = sum + first_of_eight(lanes, count - i);
    }
    return total(sum);
}
