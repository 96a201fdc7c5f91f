// A group of HP_LANE_COUNT floats, in as many registers as the SIMD level needs for it. Written out where compilers make
// scalar code of the same loops: comparisons that end in a mask, and what is kept by one. Every operation is one of
// IEEE 754 in each lane, so that all levels agree.
#pragma once
#include "../lanes.h"

#if defined(__SSE2__) || defined(_M_X64)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
typedef __m512 Register;
static inline Register load(const float *p) { return _mm512_loadu_ps(p); }
static inline void store(float *p, Register a) { _mm512_storeu_ps(p, a); }
static inline Register all(float a) { return _mm512_set1_ps(a); }
static inline Register add(Register a, Register b) { return _mm512_add_ps(a, b); }
static inline Register subtract(Register a, Register b) { return _mm512_sub_ps(a, b); }
static inline Register multiply(Register a, Register b) { return _mm512_mul_ps(a, b); }
static inline Register lesser(Register a, Register b) {  // _mm512_min_ps makes GCC 12 warn of its own header
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), b, a);
}
static inline uint32_t up_to(Register a, Register b) { return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ); }
static inline Register by_sign(Register a, Register positive, Register other) {  // a > 0 ? positive : other
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, _mm512_setzero_ps(), _CMP_GT_OQ), other, positive);
}
#elif defined(__AVX2__)
typedef __m256 Register;
static inline Register load(const float *p) { return _mm256_loadu_ps(p); }
static inline void store(float *p, Register a) { _mm256_storeu_ps(p, a); }
static inline Register all(float a) { return _mm256_set1_ps(a); }
static inline Register add(Register a, Register b) { return _mm256_add_ps(a, b); }
static inline Register subtract(Register a, Register b) { return _mm256_sub_ps(a, b); }
static inline Register multiply(Register a, Register b) { return _mm256_mul_ps(a, b); }
static inline Register lesser(Register a, Register b) { return _mm256_min_ps(a, b); }
static inline uint32_t up_to(Register a, Register b) {
    return (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_LE_OQ));
}
static inline Register by_sign(Register a, Register positive, Register other) {
    return _mm256_blendv_ps(other, positive, _mm256_cmp_ps(a, _mm256_setzero_ps(), _CMP_GT_OQ));
}
#elif defined(__SSE2__) || defined(_M_X64)
typedef __m128 Register;
static inline Register load(const float *p) { return _mm_loadu_ps(p); }
static inline void store(float *p, Register a) { _mm_storeu_ps(p, a); }
static inline Register all(float a) { return _mm_set1_ps(a); }
static inline Register add(Register a, Register b) { return _mm_add_ps(a, b); }
static inline Register subtract(Register a, Register b) { return _mm_sub_ps(a, b); }
static inline Register multiply(Register a, Register b) { return _mm_mul_ps(a, b); }
static inline Register lesser(Register a, Register b) { return _mm_min_ps(a, b); }
static inline uint32_t up_to(Register a, Register b) { return (uint32_t)_mm_movemask_ps(_mm_cmple_ps(a, b)); }
static inline Register by_sign(Register a, Register positive, Register other) {
    const Register mask = _mm_cmpgt_ps(a, _mm_setzero_ps());
    return _mm_or_ps(_mm_and_ps(mask, positive), _mm_andnot_ps(mask, other));
}
#else
typedef float Register;
static inline Register load(const float *p) { return *p; }
static inline void store(float *p, Register a) { *p = a; }
static inline Register all(float a) { return a; }
static inline Register add(Register a, Register b) { return a + b; }
static inline Register subtract(Register a, Register b) { return a - b; }
static inline Register multiply(Register a, Register b) { return a * b; }
static inline Register lesser(Register a, Register b) { return a < b ? a : b; }
static inline uint32_t up_to(Register a, Register b) { return a <= b; }
static inline Register by_sign(Register a, Register positive, Register other) { return a > 0 ? positive : other; }
#endif

enum { kRegister = sizeof(Register) / sizeof(float), kRegisters = HP_LANE_COUNT / kRegister };

// The position of the lowest bit that is set; the mask is not 0.
static inline int32_t first_bit(uint32_t mask) {
#if defined(_MSC_VER)
    unsigned long bit;
    _BitScanForward(&bit, mask);
    return (int32_t)bit;
#else
    return __builtin_ctz(mask);
#endif
}

static inline int32_t bit_count(uint32_t mask) {
    mask -= mask >> 1 & 0x55555555u;
    mask = (mask & 0x33333333u) + (mask >> 2 & 0x33333333u);
    return (int32_t)(((mask + (mask >> 4)) & 0x0f0f0f0fu) * 0x01010101u >> 24);
}

// The mask of the first `count` lanes, or of all if there are no more.
static inline uint32_t first_lanes(int32_t count) {
    return count < HP_LANE_COUNT ? (1u << count) - 1 : (1u << HP_LANE_COUNT) - 1;
}

// The least lane.
static inline float least_of(Register a) {
    float lanes[kRegister];
    store(lanes, a);
#if defined(__SSE2__) || defined(_M_X64)
    __m128 low = _mm_loadu_ps(lanes);
    for (int32_t i = 4; i < kRegister; i += 4) low = _mm_min_ps(low, _mm_loadu_ps(lanes + i));
    low = _mm_min_ps(low, _mm_movehl_ps(low, low));
    return _mm_cvtss_f32(_mm_min_ss(low, _mm_shuffle_ps(low, low, 1)));
#else
    return lanes[0];
#endif
}

// The lanes of 4 bytes that a mask names, closed up; what follows them in a group at `to` is not defined.
static inline void keep_lanes(const void *from, uint32_t mask, void *to) {
#if defined(__AVX512F__)
    _mm512_storeu_si512(to, _mm512_maskz_compress_epi32((__mmask16)mask, _mm512_loadu_si512(from)));
#else
    const uint32_t *in = (const uint32_t *)from;
    uint32_t *out = (uint32_t *)to;
    for (; mask; mask &= mask - 1) *out++ = in[first_bit(mask)];
#endif
}
