// Whole numbers of 64 bits, in one register of the SIMD level: compilers lose themselves in their conversions. They are exact,
// so that how many go at once changes no sum.
#pragma once
#include "../lanes.h"

#if defined(__SSE2__) || defined(_M_X64)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
typedef __m512i Wholes;
static const __mmask8 kEachWhole = 0xff;  // without a mask GCC 12 warns of its own header
static inline Wholes wholes(const uint32_t *p) {
    return _mm512_maskz_cvtepu32_epi64(kEachWhole, _mm256_loadu_si256((const __m256i *)p));
}
static inline Wholes wholes(const int16_t *p) {
    return _mm512_maskz_cvtepi16_epi64(kEachWhole, _mm_loadu_si128((const __m128i *)p));
}
static inline Wholes no_wholes() { return _mm512_setzero_si512(); }
static inline void store(uint64_t *p, Wholes a) { _mm512_storeu_si512(p, a); }
static inline Wholes add(Wholes a, Wholes b) { return _mm512_add_epi64(a, b); }
static inline Wholes multiply(Wholes a, Wholes b) {  // of numbers below 2^32
    return _mm512_maskz_mul_epu32(kEachWhole, a, b);
}
#elif defined(__AVX2__)
typedef __m256i Wholes;
static inline Wholes wholes(const uint32_t *p) { return _mm256_cvtepu32_epi64(_mm_loadu_si128((const __m128i *)p)); }
static inline Wholes wholes(const int16_t *p) { return _mm256_cvtepi16_epi64(_mm_loadl_epi64((const __m128i *)p)); }
static inline Wholes no_wholes() { return _mm256_setzero_si256(); }
static inline void store(uint64_t *p, Wholes a) { _mm256_storeu_si256((__m256i *)p, a); }
static inline Wholes add(Wholes a, Wholes b) { return _mm256_add_epi64(a, b); }
static inline Wholes multiply(Wholes a, Wholes b) { return _mm256_mul_epu32(a, b); }
#elif defined(__SSE2__) || defined(_M_X64)
typedef __m128i Wholes;
static inline Wholes wholes(const uint32_t *p) {
    return _mm_unpacklo_epi32(_mm_loadl_epi64((const __m128i *)p), _mm_setzero_si128());
}
static inline Wholes wholes(const int16_t *p) { return _mm_set_epi64x(p[1], p[0]); }
static inline Wholes no_wholes() { return _mm_setzero_si128(); }
static inline void store(uint64_t *p, Wholes a) { _mm_storeu_si128((__m128i *)p, a); }
static inline Wholes add(Wholes a, Wholes b) { return _mm_add_epi64(a, b); }
static inline Wholes multiply(Wholes a, Wholes b) { return _mm_mul_epu32(a, b); }
#else
typedef uint64_t Wholes;
static inline Wholes wholes(const uint32_t *p) { return *p; }
static inline Wholes wholes(const int16_t *p) { return (uint64_t)*p; }
static inline Wholes no_wholes() { return 0; }
static inline void store(uint64_t *p, Wholes a) { *p = a; }
static inline Wholes add(Wholes a, Wholes b) { return a + b; }
static inline Wholes multiply(Wholes a, Wholes b) { return a * b; }
#endif

enum { kWholes = sizeof(Wholes) / sizeof(uint64_t) };

static inline uint64_t total(Wholes a) {
    uint64_t lanes[kWholes], sum = 0;
    store(lanes, a);
    for (uint64_t lane : lanes) sum += lane;
    return sum;
}
