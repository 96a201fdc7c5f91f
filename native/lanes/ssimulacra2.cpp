// The row operations of SSIMULACRA2 (see ../ssimulacra2.cpp), in float32. Each pixel is computed alone and each sum has
// its fixed lane, so that every SIMD level rounds alike.
#include <string.h>

#include "../lanes.h"

// Newton's iteration for x^(-1/3), which needs no division, from a third of the exponent as its first guess. The C
// library's cube roots differ between platforms; this one is sums and products only.
static inline void cube_roots(float *HP_RESTRICT values) {
    int32_t bits[HP_LANE_COUNT];
    float inverse[HP_LANE_COUNT];
    memcpy(bits, values, sizeof bits);
    for (int32_t i = 0; i < HP_LANE_COUNT; ++i) bits[i] = (int32_t)(1419967104.0f - (float)bits[i] * 0.333333333f);
    memcpy(inverse, bits, sizeof bits);
    for (int32_t i = 0; i < HP_LANE_COUNT; ++i) {
        const float x = values[i];
        float y = inverse[i], rest = 1.0f - x * y * y * y;
        y += y * rest * (0.333333333f + rest * (0.222222222f + rest * 0.172839506f));
        rest = 1.0f - x * y * y * y;
        y += y * rest * 0.333333333f;
        values[i] = x * y * y;
    }
}

// The opsin absorbance matrix and bias of JPEG XL, then SSIMULACRA2's shift of XYB to positive values.
void HP_LANES(hp_positive_xyb)(const float *const *linear, int32_t count, float *const *xyb) {
    const float bias = 0.0037930732552754493f, bias_root = 0.15595421f;
    for (int32_t start = 0; start < count; start += HP_LANE_COUNT) {
        const float *HP_RESTRICT r = linear[0] + start, *HP_RESTRICT g = linear[1] + start;
        const float *HP_RESTRICT b = linear[2] + start;
        float l[HP_LANE_COUNT], m[HP_LANE_COUNT], s[HP_LANE_COUNT];
        for (int32_t i = 0; i < HP_LANE_COUNT; ++i) {
            l[i] = 0.30f * r[i] + 0.622f * g[i] + 0.078f * b[i] + bias;
            m[i] = 0.23f * r[i] + 0.692f * g[i] + 0.078f * b[i] + bias;
            s[i] = 0.24342268924547819f * r[i] + 0.20476744424496821f * g[i] + 0.55180986650955360f * b[i] + bias;
        }
        cube_roots(l);
        cube_roots(m);
        cube_roots(s);
        float *HP_RESTRICT out_x = xyb[0] + start, *HP_RESTRICT out_y = xyb[1] + start;
        float *HP_RESTRICT out_b = xyb[2] + start;
        for (int32_t i = 0; i < HP_LANE_COUNT; ++i) {
            const float y = 0.5f * (l[i] + m[i]) - bias_root;
            out_x[i] = 7.0f * (l[i] - m[i]) + 0.42f;
            out_y[i] = y + 0.01f;
            out_b[i] = (s[i] - bias_root - y) + 0.55f;
        }
    }
}

void HP_LANES(hp_square)(const float *HP_RESTRICT a, int32_t count, float *HP_RESTRICT square) {
    for (int32_t i = 0; i < count; ++i) square[i] = a[i] * a[i];
}

void HP_LANES(hp_square_of_difference)(const float *HP_RESTRICT a, const float *HP_RESTRICT b, int32_t count,
                                       float *HP_RESTRICT square) {
    for (int32_t i = 0; i < count; ++i) square[i] = (a[i] - b[i]) * (a[i] - b[i]);
}

// A Gaussian of sigma 1.5, cut off at 5 pixels and scaled to a sum of 1.
static inline float gaussian(float centre, float one, float two, float three, float four, float five) {
    return 0.26601171f * centre + 0.21300554f * one + 0.10936069f * two + 0.036000773f * three + 0.007598758f * four +
           0.0010283801f * five;
}

void HP_LANES(hp_blur_row)(const float *HP_RESTRICT in, int32_t count, float *HP_RESTRICT out) {
    for (int32_t i = 0; i < count; ++i)
        out[i] = gaussian(in[i], in[i - 1] + in[i + 1], in[i - 2] + in[i + 2], in[i - 3] + in[i + 3],
                          in[i - 4] + in[i + 4], in[i - 5] + in[i + 5]);
}

void HP_LANES(hp_blur_column)(const float *const *rows, int32_t count, float *HP_RESTRICT out) {
    const float *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3], *e = rows[4], *f = rows[5];
    const float *g = rows[6], *h = rows[7], *k = rows[8], *l = rows[9], *m = rows[10];
    for (int32_t i = 0; i < count; ++i)
        out[i] = gaussian(f[i], e[i] + g[i], d[i] + h[i], c[i] + k[i], b[i] + l[i], a[i] + m[i]);
}

// One pixel of the three error maps. With difference d = a - b, the SSIM term 1 - (1 - E[d]^2) * n / v, where
// n = 2 cov(a, b) + C2 and v = var(a) + var(b) + C2, equals (var(d) + E[d]^2 * n) / v and n = v - var(d): a difference of
// nearly equal numbers never arises.
static inline void maps(float a, float mean_a, float variance_a, float b, float mean_b, float square_b, float square_d,
                        float *ssim, float *artifact, float *detail_lost) {
    const float shift = (mean_a - mean_b) * (mean_a - mean_b);
    const float variance_d = square_d - shift;
    const float variances = variance_a + (square_b - mean_b * mean_b) + 0.0009f;
    const float error = (variance_d + shift * (variances - variance_d)) / variances;
    const float edge_a = a < mean_a ? mean_a - a : a - mean_a, edge_b = b < mean_b ? mean_b - b : b - mean_b;
    const float edge = (edge_b - edge_a) / (1.0f + edge_a);
    *ssim = error > 0.0f ? error : 0.0f;
    *artifact = edge > 0.0f ? edge : 0.0f;
    *detail_lost = edge < 0.0f ? -edge : 0.0f;
}

void HP_LANES(hp_error_maps)(const float *HP_RESTRICT a, const float *HP_RESTRICT mean_a,
                             const float *HP_RESTRICT variance_a, const float *HP_RESTRICT b,
                             const float *HP_RESTRICT mean_b, const float *HP_RESTRICT square_b,
                             const float *HP_RESTRICT square_d, int32_t count, double *HP_RESTRICT sums) {
    float totals[6][HP_LANE_COUNT] = {};
    for (int32_t start = 0; start < count; start += HP_LANE_COUNT) {
        float map[3][HP_LANE_COUNT];
        const float *HP_RESTRICT pa = a + start, *HP_RESTRICT pb = b + start;
        for (int32_t i = 0; i < HP_LANE_COUNT; ++i)
            maps(pa[i], mean_a[start + i], variance_a[start + i], pb[i], mean_b[start + i], square_b[start + i],
                 square_d[start + i], &map[0][i], &map[1][i], &map[2][i]);
        const int32_t rest = count - start;
        for (int32_t i = rest < HP_LANE_COUNT ? rest : HP_LANE_COUNT; i < HP_LANE_COUNT; ++i)
            map[0][i] = map[1][i] = map[2][i] = 0.0f;
        for (int32_t m = 0; m < 3; ++m) {
            for (int32_t i = 0; i < HP_LANE_COUNT; ++i) totals[2 * m][i] += map[m][i];
            for (int32_t i = 0; i < HP_LANE_COUNT; ++i) {
                const float square = map[m][i] * map[m][i];
                totals[2 * m + 1][i] += square * square;
            }
        }
    }
    for (int32_t t = 0; t < 6; ++t)
        for (int32_t i = 0; i < HP_LANE_COUNT; ++i) sums[t] += (double)totals[t][i];
}
