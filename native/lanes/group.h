// A group of HP_LANE_COUNT floats, in as many registers as the SIMD level needs for it. Written out where compilers make
// scalar code of the same loops: comparisons that end in a mask, and what is kept by one. Every operation is one of
// IEEE 754 in each lane, so that all levels agree.
#pragma once
#include <string.h>

#include "../lanes.h"
#include "bits.h"

#if defined(__SSE2__) || defined(_M_X64)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
typedef __m512 Register;
static const __mmask16 kAllLanes = 0xffff;  // without a mask GCC 12 warns of its own header
static inline Register load(const float *p) { return _mm512_loadu_ps(p); }
static inline void store(float *p, Register a) { _mm512_storeu_ps(p, a); }
static inline Register all(float a) { return _mm512_set1_ps(a); }
static inline Register add(Register a, Register b) { return _mm512_add_ps(a, b); }
static inline Register subtract(Register a, Register b) { return _mm512_sub_ps(a, b); }
static inline Register multiply(Register a, Register b) { return _mm512_mul_ps(a, b); }
static inline Register lesser(Register a, Register b) { return _mm512_maskz_min_ps(kAllLanes, a, b); }
static inline Register divide(Register a, Register b) { return _mm512_div_ps(a, b); }
static inline Register absolute(Register a) { return _mm512_abs_ps(a); }
static inline Register bits_of(Register a) {  // as whole numbers
    return _mm512_maskz_cvtepi32_ps(kAllLanes, _mm512_castps_si512(a));
}
static inline Register with_bits(Register a) {  // of its whole part
    return _mm512_castsi512_ps(_mm512_maskz_cvttps_epi32(kAllLanes, a));
}
static inline uint32_t up_to(Register a, Register b) { return bits_of_mask(_mm512_cmp_ps_mask(a, b, _CMP_LE_OQ)); }
static inline uint32_t below(Register a, Register b) { return bits_of_mask(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ)); }
static inline Register by_sign(Register a, Register positive, Register other) {  // a > 0 ? positive : other
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, _mm512_setzero_ps(), _CMP_GT_OQ), other, positive);
}
static inline Register by_order(Register a, Register b, Register less, Register other) {  // a < b ? less : other
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), other, less);
}
static inline Register load_levels(const int16_t *p) {  // from 0 on
    const __m512i wide = _mm512_maskz_cvtepi16_epi32(kAllLanes, _mm256_loadu_si256((const __m256i *)p));
    return _mm512_maskz_cvtepi32_ps(kAllLanes, wide);
}
static inline Register all_ids(int32_t id) { return _mm512_castsi512_ps(_mm512_set1_epi32(id)); }
static inline Register lane_numbers() {
    return _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
static inline void store_ids(int32_t *p, Register ids) { _mm512_storeu_si512(p, _mm512_castps_si512(ids)); }
static inline uint32_t differing(Register ids, const uint16_t *labels) {  // the lanes whose id is not the label
    const __m512i wide = _mm512_maskz_cvtepu16_epi32(kAllLanes, _mm256_loadu_si256((const __m256i *)labels));
    return bits_of_mask(_mm512_cmpneq_epi32_mask(_mm512_castps_si512(ids), wide));
}
#elif defined(__AVX2__)
typedef __m256 Register;
static inline Register load(const float *p) { return _mm256_loadu_ps(p); }
static inline void store(float *p, Register a) { _mm256_storeu_ps(p, a); }
static inline Register all(float a) { return _mm256_set1_ps(a); }
static inline Register add(Register a, Register b) { return _mm256_add_ps(a, b); }
static inline Register subtract(Register a, Register b) { return _mm256_sub_ps(a, b); }
static inline Register multiply(Register a, Register b) { return _mm256_mul_ps(a, b); }
static inline Register divide(Register a, Register b) { return _mm256_div_ps(a, b); }
static inline Register absolute(Register a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
static inline Register bits_of(Register a) { return _mm256_cvtepi32_ps(_mm256_castps_si256(a)); }
static inline Register with_bits(Register a) { return _mm256_castsi256_ps(_mm256_cvttps_epi32(a)); }
static inline Register lesser(Register a, Register b) { return _mm256_min_ps(a, b); }
static inline uint32_t up_to(Register a, Register b) {
    return (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_LE_OQ));
}
static inline uint32_t below(Register a, Register b) {
    return (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_LT_OQ));
}
static inline Register by_sign(Register a, Register positive, Register other) {
    return _mm256_blendv_ps(other, positive, _mm256_cmp_ps(a, _mm256_setzero_ps(), _CMP_GT_OQ));
}
static inline Register by_order(Register a, Register b, Register less, Register other) {
    return _mm256_blendv_ps(other, less, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
}
static inline Register load_levels(const int16_t *p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)p)));
}
static inline Register all_ids(int32_t id) { return _mm256_castsi256_ps(_mm256_set1_epi32(id)); }
static inline Register lane_numbers() { return _mm256_setr_ps(0, 1, 2, 3, 4, 5, 6, 7); }
static inline void store_ids(int32_t *p, Register ids) { _mm256_storeu_si256((__m256i *)p, _mm256_castps_si256(ids)); }
static inline uint32_t differing(Register ids, const uint16_t *labels) {
    const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)labels));
    const __m256i equal = _mm256_cmpeq_epi32(_mm256_castps_si256(ids), wide);
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(equal)) ^ 0xffu;
}
#elif defined(__SSE2__) || defined(_M_X64)
typedef __m128 Register;
static inline Register load(const float *p) { return _mm_loadu_ps(p); }
static inline void store(float *p, Register a) { _mm_storeu_ps(p, a); }
static inline Register all(float a) { return _mm_set1_ps(a); }
static inline Register add(Register a, Register b) { return _mm_add_ps(a, b); }
static inline Register subtract(Register a, Register b) { return _mm_sub_ps(a, b); }
static inline Register multiply(Register a, Register b) { return _mm_mul_ps(a, b); }
static inline Register divide(Register a, Register b) { return _mm_div_ps(a, b); }
static inline Register absolute(Register a) { return _mm_andnot_ps(_mm_set1_ps(-0.0f), a); }
static inline Register bits_of(Register a) { return _mm_cvtepi32_ps(_mm_castps_si128(a)); }
static inline Register with_bits(Register a) { return _mm_castsi128_ps(_mm_cvttps_epi32(a)); }
static inline Register lesser(Register a, Register b) { return _mm_min_ps(a, b); }
static inline uint32_t up_to(Register a, Register b) { return (uint32_t)_mm_movemask_ps(_mm_cmple_ps(a, b)); }
static inline uint32_t below(Register a, Register b) { return (uint32_t)_mm_movemask_ps(_mm_cmplt_ps(a, b)); }
static inline Register by_sign(Register a, Register positive, Register other) {
    const Register mask = _mm_cmpgt_ps(a, _mm_setzero_ps());
    return _mm_or_ps(_mm_and_ps(mask, positive), _mm_andnot_ps(mask, other));
}
static inline Register by_order(Register a, Register b, Register less, Register other) {
    const Register mask = _mm_cmplt_ps(a, b);
    return _mm_or_ps(_mm_and_ps(mask, less), _mm_andnot_ps(mask, other));
}
static inline Register load_levels(const int16_t *p) {
    return _mm_cvtepi32_ps(_mm_unpacklo_epi16(_mm_loadl_epi64((const __m128i *)p), _mm_setzero_si128()));
}
static inline Register all_ids(int32_t id) { return _mm_castsi128_ps(_mm_set1_epi32(id)); }
static inline Register lane_numbers() { return _mm_setr_ps(0, 1, 2, 3); }
static inline void store_ids(int32_t *p, Register ids) { _mm_storeu_si128((__m128i *)p, _mm_castps_si128(ids)); }
static inline uint32_t differing(Register ids, const uint16_t *labels) {
    const __m128i wide = _mm_unpacklo_epi16(_mm_loadl_epi64((const __m128i *)labels), _mm_setzero_si128());
    return (uint32_t)_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(_mm_castps_si128(ids), wide))) ^ 0xfu;
}
#else
struct Register {  // four lanes: compilers make one register of them where the processor has such
    float lane[4];
};
template <class Each>
static inline Register each_lane(const Each &value) {
    Register result;
    for (int32_t i = 0; i < 4; ++i) result.lane[i] = value(i);
    return result;
}
template <class Each>
static inline uint32_t mask_of(const Each &holds) {
    uint32_t mask = 0;
    for (int32_t i = 0; i < 4; ++i) mask |= (uint32_t)holds(i) << i;
    return mask;
}
static inline Register load(const float *p) {
    return each_lane([&](int32_t i) { return p[i]; });
}
static inline void store(float *p, Register a) {
    for (int32_t i = 0; i < 4; ++i) p[i] = a.lane[i];
}
static inline Register all(float a) {
    return each_lane([&](int32_t) { return a; });
}
static inline Register add(Register a, Register b) {
    return each_lane([&](int32_t i) { return a.lane[i] + b.lane[i]; });
}
static inline Register subtract(Register a, Register b) {
    return each_lane([&](int32_t i) { return a.lane[i] - b.lane[i]; });
}
static inline Register multiply(Register a, Register b) {
    return each_lane([&](int32_t i) { return a.lane[i] * b.lane[i]; });
}
static inline Register divide(Register a, Register b) {
    return each_lane([&](int32_t i) { return a.lane[i] / b.lane[i]; });
}
static inline Register absolute(Register a) {
    return each_lane([&](int32_t i) { return a.lane[i] < 0 ? -a.lane[i] : a.lane[i]; });
}
static inline Register bits_of(Register a) {
    int32_t bits[4];
    memcpy(bits, &a, sizeof bits);
    return each_lane([&](int32_t i) { return (float)bits[i]; });
}
static inline Register with_bits(Register a) {
    const int32_t bits[4] = {(int32_t)a.lane[0], (int32_t)a.lane[1], (int32_t)a.lane[2], (int32_t)a.lane[3]};
    Register result;
    memcpy(&result, bits, sizeof bits);
    return result;
}
static inline Register lesser(Register a, Register b) {
    return each_lane([&](int32_t i) { return a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]; });
}
static inline uint32_t up_to(Register a, Register b) {
    return mask_of([&](int32_t i) { return a.lane[i] <= b.lane[i]; });
}
static inline uint32_t below(Register a, Register b) {
    return mask_of([&](int32_t i) { return a.lane[i] < b.lane[i]; });
}
static inline Register by_sign(Register a, Register positive, Register other) {
    return each_lane([&](int32_t i) { return a.lane[i] > 0 ? positive.lane[i] : other.lane[i]; });
}
static inline Register by_order(Register a, Register b, Register less, Register other) {
    return each_lane([&](int32_t i) { return a.lane[i] < b.lane[i] ? less.lane[i] : other.lane[i]; });
}
static inline Register load_levels(const int16_t *p) {
    return each_lane([&](int32_t i) { return (float)p[i]; });
}
static inline Register all_ids(int32_t id) { return all((float)id); }  // ids are below 2^16
static inline Register lane_numbers() {
    return each_lane([](int32_t i) { return (float)i; });
}
static inline void store_ids(int32_t *p, Register ids) {
    for (int32_t i = 0; i < 4; ++i) p[i] = (int32_t)ids.lane[i];
}
static inline uint32_t differing(Register ids, const uint16_t *labels) {
    return mask_of([&](int32_t i) { return ids.lane[i] != (float)labels[i]; });
}
#endif

enum { kRegister = sizeof(Register) / sizeof(float), kRegisters = HP_LANE_COUNT / kRegister };

// The mask of the first `count` lanes, or of all if there are no more.
static inline uint32_t first_lanes(int32_t count) {
    return count < HP_LANE_COUNT ? (1u << count) - 1 : (1u << HP_LANE_COUNT) - 1;
}

// The least lane.
static inline float least_of(Register a) {
#if defined(__SSE2__) || defined(_M_X64)
#if defined(__AVX512F__)
    const __m256 half = _mm256_min_ps(_mm512_maskz_extractf32x8_ps(0xff, a, 0), _mm512_maskz_extractf32x8_ps(0xff, a, 1));
    __m128 low = _mm_min_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
#elif defined(__AVX2__)
    __m128 low = _mm_min_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
#else
    __m128 low = a;
#endif
    low = _mm_min_ps(low, _mm_movehl_ps(low, low));
    return _mm_cvtss_f32(_mm_min_ss(low, _mm_shuffle_ps(low, low, 1)));
#else
    float low = a.lane[0];
    for (int32_t i = 1; i < kRegister; ++i) low = a.lane[i] < low ? a.lane[i] : low;
    return low;
#endif
}

// The lanes of 4 bytes that a mask names, closed up; what follows them in a group at `to` is not defined.
static inline void keep_lanes(const void *from, uint32_t mask, void *to) {
#if defined(__AVX512F__)
    _mm512_storeu_si512(to, _mm512_maskz_compress_epi32((__mmask16)mask, _mm512_loadu_si512(from)));
#else
    const uint32_t *in = (const uint32_t *)from;
    uint32_t *out = (uint32_t *)to;
    for (; mask; mask &= mask - 1) *out++ = in[lowest_bit(mask)];
#endif
}
