// Eight doubles, in as many registers as the SIMD level needs for them: compilers make scalar code of the same loops. Every
// operation is one of IEEE 754 in each lane, so that all levels agree.
#pragma once
#include "../lanes.h"
#include "bits.h"

#if defined(__SSE2__) || defined(_M_X64)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
typedef __m512d Doubles;
static const __mmask8 kEachDouble = 0xff;  // without a mask GCC 12 warns of its own header
static inline Doubles doubles(const double *p) { return _mm512_loadu_pd(p); }
static inline Doubles doubles(const int16_t *p) {
    const __m256i wide = _mm256_maskz_cvtepi16_epi32(kEachDouble, _mm_loadu_si128((const __m128i *)p));
    return _mm512_maskz_cvtepi32_pd(kEachDouble, wide);
}
static inline Doubles all_doubles(double a) { return _mm512_set1_pd(a); }
static inline void store(double *p, Doubles a) { _mm512_storeu_pd(p, a); }
static inline Doubles add(Doubles a, Doubles b) { return _mm512_add_pd(a, b); }
static inline Doubles subtract(Doubles a, Doubles b) { return _mm512_sub_pd(a, b); }
static inline Doubles multiply(Doubles a, Doubles b) { return _mm512_mul_pd(a, b); }
static inline Doubles divide(Doubles a, Doubles b) { return _mm512_div_pd(a, b); }
static inline Doubles if_positive(Doubles a, Doubles b) {  // a > 0 ? b : 0
    return _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(a, _mm512_setzero_pd(), _CMP_GT_OQ), b);
}
static inline int32_t positive(Doubles a) {  // bits
    return (int32_t)bits_of_mask(_mm512_cmp_pd_mask(a, _mm512_setzero_pd(), _CMP_GT_OQ));
}
#elif defined(__AVX2__)
typedef __m256d Doubles;
static inline Doubles doubles(const double *p) { return _mm256_loadu_pd(p); }
static inline Doubles doubles(const int16_t *p) {
    return _mm256_cvtepi32_pd(_mm_cvtepi16_epi32(_mm_loadl_epi64((const __m128i *)p)));
}
static inline Doubles all_doubles(double a) { return _mm256_set1_pd(a); }
static inline void store(double *p, Doubles a) { _mm256_storeu_pd(p, a); }
static inline Doubles add(Doubles a, Doubles b) { return _mm256_add_pd(a, b); }
static inline Doubles subtract(Doubles a, Doubles b) { return _mm256_sub_pd(a, b); }
static inline Doubles multiply(Doubles a, Doubles b) { return _mm256_mul_pd(a, b); }
static inline Doubles divide(Doubles a, Doubles b) { return _mm256_div_pd(a, b); }
static inline Doubles if_positive(Doubles a, Doubles b) {
    return _mm256_and_pd(_mm256_cmp_pd(a, _mm256_setzero_pd(), _CMP_GT_OQ), b);
}
static inline int32_t positive(Doubles a) {
    return _mm256_movemask_pd(_mm256_cmp_pd(a, _mm256_setzero_pd(), _CMP_GT_OQ));
}
#elif defined(__SSE2__) || defined(_M_X64)
typedef __m128d Doubles;
static inline Doubles doubles(const double *p) { return _mm_loadu_pd(p); }
static inline Doubles doubles(const int16_t *p) { return _mm_setr_pd(p[0], p[1]); }
static inline Doubles all_doubles(double a) { return _mm_set1_pd(a); }
static inline void store(double *p, Doubles a) { _mm_storeu_pd(p, a); }
static inline Doubles add(Doubles a, Doubles b) { return _mm_add_pd(a, b); }
static inline Doubles subtract(Doubles a, Doubles b) { return _mm_sub_pd(a, b); }
static inline Doubles multiply(Doubles a, Doubles b) { return _mm_mul_pd(a, b); }
static inline Doubles divide(Doubles a, Doubles b) { return _mm_div_pd(a, b); }
static inline Doubles if_positive(Doubles a, Doubles b) { return _mm_and_pd(_mm_cmpgt_pd(a, _mm_setzero_pd()), b); }
static inline int32_t positive(Doubles a) { return _mm_movemask_pd(_mm_cmpgt_pd(a, _mm_setzero_pd())); }
#else
typedef double Doubles;
static inline Doubles doubles(const double *p) { return *p; }
static inline Doubles doubles(const int16_t *p) { return *p; }
static inline Doubles all_doubles(double a) { return a; }
static inline void store(double *p, Doubles a) { *p = a; }
static inline Doubles add(Doubles a, Doubles b) { return a + b; }
static inline Doubles subtract(Doubles a, Doubles b) { return a - b; }
static inline Doubles multiply(Doubles a, Doubles b) { return a * b; }
static inline Doubles divide(Doubles a, Doubles b) { return a / b; }
static inline Doubles if_positive(Doubles a, Doubles b) { return a > 0 ? b : 0; }
static inline int32_t positive(Doubles a) { return a > 0; }
#endif

enum { kDoubles = sizeof(Doubles) / sizeof(double), kEight = 8 / kDoubles };

struct Eight {
    Doubles part[kEight];
};

template <class Each>
static inline Eight each_part(const Each &value) {
    Eight result;
    for (int32_t i = 0; i < kEight; ++i) result.part[i] = value(i);
    return result;
}
static inline Eight eight(double a) {
    return each_part([&](int32_t) { return all_doubles(a); });
}
template <class Number>
static inline Eight eight(const Number *p) {
    return each_part([&](int32_t i) { return doubles(p + i * kDoubles); });
}
static inline void store(double *p, const Eight &a) {
    for (int32_t i = 0; i < kEight; ++i) store(p + i * kDoubles, a.part[i]);
}
static inline Eight operator+(const Eight &a, const Eight &b) {
    return each_part([&](int32_t i) { return add(a.part[i], b.part[i]); });
}
static inline Eight operator-(const Eight &a, const Eight &b) {
    return each_part([&](int32_t i) { return subtract(a.part[i], b.part[i]); });
}
static inline Eight operator*(const Eight &a, const Eight &b) {
    return each_part([&](int32_t i) { return multiply(a.part[i], b.part[i]); });
}
static inline Eight operator/(const Eight &a, const Eight &b) {
    return each_part([&](int32_t i) { return divide(a.part[i], b.part[i]); });
}
static inline Eight if_positive(const Eight &a, const Eight &b) {
    return each_part([&](int32_t i) { return if_positive(a.part[i], b.part[i]); });
}
// A bit for each lane.
static inline uint8_t positive(const Eight &a) {
    int32_t bits = 0;
    for (int32_t i = 0; i < kEight; ++i) bits |= positive(a.part[i]) << (i * kDoubles);
    return (uint8_t)bits;
}

// The lanes added in order.
static inline double total(const Eight &a) {
    double lanes[8], sum = 0;
    store(lanes, a);
    for (int32_t i = 0; i < 8; ++i) sum += lanes[i];
    return sum;
}

// Of the first `count`, and 0 for the others.
static inline Eight first_of_eight(const double *p, int32_t count) {
    if (count >= 8) return eight(p);
    double lanes[8] = {0};
    for (int32_t i = 0; i < count; ++i) lanes[i] = p[i];
    return eight(lanes);
}
