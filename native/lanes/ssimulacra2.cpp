// The row operations of SSIMULACRA2 (see ../ssimulacra2.cpp), in float32. Each pixel is computed alone and each sum has
// its fixed lane, so that every SIMD level rounds alike.
#include "../ssimulacra2.h"
#include "group.h"

static inline int32_t over_grey(int32_t level, int32_t alpha, int32_t grey) {
    return alpha == 255 ? level : (level * alpha + grey * (255 - alpha) + 127) / 255;
}

template <int32_t channels>
static inline void translate(const float *const *table, const HpPixels *pixels, int32_t count, float *const *out) {
    const uint8_t *p = pixels->first;
    for (int32_t i = 0; i < count; ++i, p += channels)
        for (int32_t c = 0; c < 3; ++c)
            out[c][i] = table[c][channels == 1 ? p[0] : channels == 3 ? p[c] : over_grey(p[c], p[3], pixels->grey)];
}

void HP_LANES(hp_translate)(const float *const *table, const HpPixels *pixels, int32_t count, float *const *out) {
    if (pixels->channels == 1)
        translate<1>(table, pixels, count, out);
    else if (pixels->channels == 3)
        translate<3>(table, pixels, count, out);
    else
        translate<4>(table, pixels, count, out);
}

// How much less than 1 is x y^3.
static inline Register missing(Register x, Register y) {
    return subtract(all(1.0f), multiply(multiply(multiply(x, y), y), y));
}

// By Newton's iteration for x^(-1/3), which needs no division, from a third of the exponent as its first guess. The C
// library's cube roots differ between platforms; this one is sums and products only. In several passes, as a processor
// cannot look far enough ahead to work at many whole roots at once.
enum { kBlock = 64 };
static inline void cube_roots(float *values, int32_t count) {
    const Register third = all(0.333333333f);
    alignas(64) float inverse[3 * kBlock];
    for (int32_t i = 0; i < count; i += kRegister) {
        const Register x = load(values + i);
        const Register y = with_bits(subtract(all(1419967104.0f), multiply(bits_of(x), third))), rest = missing(x, y);
        const Register series = add(third, multiply(rest, add(all(0.222222222f), multiply(rest, all(0.172839506f)))));
        store(inverse + i, add(y, multiply(multiply(y, rest), series)));
    }
    for (int32_t i = 0; i < count; i += kRegister) {
        const Register x = load(values + i), y = load(inverse + i);
        const Register better = add(y, multiply(multiply(y, missing(x, y)), third));
        store(values + i, multiply(multiply(x, better), better));
    }
}

// The opsin absorbance of JPEG XL by a row of its matrix, with its bias.
static inline Register absorbance(Register r, Register g, Register b, float of_r, float of_g, float of_b) {
    const Register sum = add(add(multiply(all(of_r), r), multiply(all(of_g), g)), multiply(all(of_b), b));
    return add(sum, all(0.0037930732552754493f));
}

// XYB as in JPEG XL, then SSIMULACRA2's shift to positive values.
void HP_LANES(hp_positive_xyb)(const float *const *linear, int32_t count, float *const *xyb) {
    const Register half = all(0.5f), bias_root = all(0.15595421f);
    alignas(64) float roots[3 * kBlock];
    float *l = roots, *m = roots + kBlock, *s = roots + 2 * kBlock;
    for (int32_t start = 0; start < count; start += kBlock) {
        const int32_t end = count - start < kBlock ? count - start : kBlock;
        for (int32_t i = 0; i < end; i += kRegister) {
            const int32_t at = start + i;
            const Register r = load(linear[0] + at), g = load(linear[1] + at), b = load(linear[2] + at);
            store(l + i, absorbance(r, g, b, 0.30f, 0.622f, 0.078f));
            store(m + i, absorbance(r, g, b, 0.23f, 0.692f, 0.078f));
            store(s + i, absorbance(r, g, b, 0.24342268924547819f, 0.20476744424496821f, 0.55180986650955360f));
        }
        cube_roots(roots, 3 * kBlock);
        for (int32_t i = 0; i < end; i += kRegister) {
            const Register root_l = load(l + i), root_m = load(m + i);
            const Register y = subtract(multiply(half, add(root_l, root_m)), bias_root);
            store(xyb[0] + start + i, add(multiply(all(7.0f), subtract(root_l, root_m)), all(0.42f)));
            store(xyb[1] + start + i, add(y, all(0.01f)));
            store(xyb[2] + start + i, add(subtract(subtract(load(s + i), bias_root), y), all(0.55f)));
        }
    }
}

void HP_LANES(hp_halve)(const float *HP_RESTRICT upper, const float *HP_RESTRICT lower, int32_t count,
                        float *HP_RESTRICT means) {
    for (int32_t x = 0; x < count / 2; ++x)
        means[x] = 0.25f * ((upper[2 * x] + upper[2 * x + 1]) + (lower[2 * x] + lower[2 * x + 1]));
    if (count % 2) means[count / 2] = 0.5f * (upper[count - 1] + lower[count - 1]);
}

void HP_LANES(hp_square)(const float *a, int32_t count, float *square) {
    for (int32_t i = 0; i < count; i += kRegister) store(square + i, multiply(load(a + i), load(a + i)));
}

void HP_LANES(hp_square_of_difference)(const float *a, const float *b, int32_t count, float *square) {
    for (int32_t i = 0; i < count; i += kRegister) {
        const Register difference = subtract(load(a + i), load(b + i));
        store(square + i, multiply(difference, difference));
    }
}

void HP_LANES(hp_subtract_square)(const float *a, int32_t count, float *from) {
    for (int32_t i = 0; i < count; i += kRegister)
        store(from + i, subtract(load(from + i), multiply(load(a + i), load(a + i))));
}

// A Gaussian of sigma 1.5, cut off at 5 pixels and scaled to a sum of 1.
static inline Register gaussian(Register centre, Register one, Register two, Register three, Register four,
                                Register five) {
    Register sum = add(multiply(all(0.26601171f), centre), multiply(all(0.21300554f), one));
    sum = add(sum, multiply(all(0.10936069f), two));
    sum = add(sum, multiply(all(0.036000773f), three));
    sum = add(sum, multiply(all(0.007598758f), four));
    return add(sum, multiply(all(0.0010283801f), five));
}

namespace {  // of which each level has its own: the linker would keep one of those that are not inlined

#if defined(__AVX512F__)
// The registers around one, of which any place is made without loads that cross two lines of the cache.
struct Around {
    Register before, here, after;

    explicit Around(const float *p) : before(load(p - kRegister)), here(load(p)), after(load(p + kRegister)) {}
    template <int distance>
    Register both() const {
        const __m512i b = _mm512_castps_si512(before), h = _mm512_castps_si512(here), a = _mm512_castps_si512(after);
        const __m512i left = _mm512_maskz_alignr_epi32(kAllLanes, h, b, 16 - distance);
        return add(_mm512_castsi512_ps(left), _mm512_castsi512_ps(_mm512_maskz_alignr_epi32(kAllLanes, a, h, distance)));
    }
};
#else
struct Around {
    Register here;
    const float *p;

    explicit Around(const float *p) : here(load(p)), p(p) {}
    template <int distance>
    Register both() const {
        return add(load(p - distance), load(p + distance));
    }
};
#endif

}  // namespace

void HP_LANES(hp_blur_row)(const float *in, int32_t count, float *out) {
    for (int32_t i = 0; i < count; i += kRegister) {
        const Around p(in + i);
        store(out + i, gaussian(p.here, p.both<1>(), p.both<2>(), p.both<3>(), p.both<4>(), p.both<5>()));
    }
}

// Several rows at a time, as most of what one is made of is loaded for the others too.
void HP_LANES(hp_blur_columns)(const float *const *rows, int32_t count, float *const *out) {
    for (int32_t i = 0; i < count; i += kRegister) {
        Register r[HP_BLURRED_ROWS + 2 * HP_BLUR_RADIUS];
        for (int32_t y = 0; y < HP_BLURRED_ROWS + 2 * HP_BLUR_RADIUS; ++y) r[y] = load(rows[y] + i);
        for (int32_t y = 0; y < HP_BLURRED_ROWS; ++y)
            store(out[y] + i, gaussian(r[y + 5], add(r[y + 4], r[y + 6]), add(r[y + 3], r[y + 7]),
                                       add(r[y + 2], r[y + 8]), add(r[y + 1], r[y + 9]), add(r[y], r[y + 10])));
    }
}

// What the error maps of a channel add up to: each, and each to the fourth power, in lanes.
struct Totals {
    Register ssim, ssim_4, artifact, artifact_4, detail_lost, detail_lost_4;
};

static inline void count_in(Register map, Register *total, Register *total_4) {
    const Register square = multiply(map, map);
    *total = add(*total, map);
    *total_4 = add(*total_4, multiply(square, square));
}

// With difference d = a - b, the SSIM term 1 - (1 - E[d]^2) * n / v, where n = 2 cov(a, b) + C2 and v = var(a) + var(b) + C2,
// equals (var(d) + E[d]^2 * n) / v and n = v - var(d): a difference of nearly equal numbers never arises.
static inline Register ssim(Register mean_a, Register variance_a, Register mean_b, Register square_b, Register square_d) {
    const Register difference = subtract(mean_a, mean_b), shift = multiply(difference, difference);
    const Register variance_d = subtract(square_d, shift), variance_b = subtract(square_b, multiply(mean_b, mean_b));
    const Register variances = add(add(variance_a, variance_b), all(0.0009f));
    const Register error = divide(add(variance_d, multiply(shift, subtract(variances, variance_d))), variances);
    return by_sign(error, error, all(0.0f));
}

// How much stronger an edge is in b than in a.
static inline Register edge(Register a, Register mean_a, Register b, Register mean_b) {
    const Register edge_a = absolute(subtract(a, mean_a)), edge_b = absolute(subtract(b, mean_b));
    return divide(subtract(edge_b, edge_a), add(all(1.0f), edge_a));
}

static inline void add_lanes(Register total, double *sum) {
    float lanes[kRegister];
    store(lanes, total);
    for (int32_t i = 0; i < kRegister; ++i) *sum += (double)lanes[i];
}

// One group of each map; beyond `inside`, if it is less than a register holds, it is 0.
static inline void add_maps(const float *a, const float *mean_a, const float *variance_a, const float *b,
                            const float *mean_b, const float *square_b, const float *square_d, int32_t inside,
                            Totals *t) {
    const Register none = all(0.0f), ma = load(mean_a), mb = load(mean_b);
    Register similarity = ssim(ma, load(variance_a), mb, load(square_b), load(square_d));
    Register stronger = edge(load(a), ma, load(b), mb);
    if (inside < kRegister) {
        similarity = by_order(lane_numbers(), all((float)inside), similarity, none);
        stronger = by_order(lane_numbers(), all((float)inside), stronger, none);
    }
    const Register weaker = subtract(none, stronger);
    count_in(similarity, &t->ssim, &t->ssim_4);
    count_in(by_sign(stronger, stronger, none), &t->artifact, &t->artifact_4);
    count_in(by_sign(weaker, weaker, none), &t->detail_lost, &t->detail_lost_4);
}

void HP_LANES(hp_error_maps)(const float *a, const float *mean_a, const float *variance_a, const float *b,
                             const float *mean_b, const float *square_b, const float *square_d, int32_t count,
                             double *sums) {
    for (int32_t first = 0; first < HP_LANE_COUNT; first += kRegister) {
        Totals t = {all(0.0f), all(0.0f), all(0.0f), all(0.0f), all(0.0f), all(0.0f)};
        for (int32_t i = first; i < count; i += HP_LANE_COUNT)
            add_maps(a + i, mean_a + i, variance_a + i, b + i, mean_b + i, square_b + i, square_d + i, count - i, &t);
        const Register totals[] = {t.ssim, t.ssim_4, t.artifact, t.artifact_4, t.detail_lost, t.detail_lost_4};
        for (int32_t i = 0; i < 6; ++i) add_lanes(totals[i], sums + i);
    }
}
