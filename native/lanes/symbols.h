// The symbols that all copies would write next, and what a table of 256 numbers says of each. Written out for registers
// that hold such tables; elsewhere the loops are plain.
#pragma once
#include "../lossy.h"

#if defined(__AVX512BW__)
#include <immintrin.h>

static_assert(HP_BEFORE == 8 && HP_FAR == 24, "as many symbols as a register has room for");

struct Symbols {
    __m512i ids;                      // of 16 bits
    __mmask32 bit6, bit7, no_entry;  // no_entry: HP_NO_COLOR
};

// All masked, with every lane kept: GCC 12 warns of its own header otherwise.
static const __mmask8 kOfEight = 0xff;
static const __mmask16 kOfSixteen = 0xffff;

// Steps one pixel on: copies that start anew go on from the path `before`. distance: of the far copies, back from `here`.
static inline Symbols next_symbols(const int32_t *anew, uint64_t before, uint64_t *tails, const uint16_t *here,
                                   const int32_t *distance) {
    const __m256i fresh = _mm256_loadu_si256((const __m256i *)anew);
    const __m512i tail = _mm512_mask_blend_epi64(_mm256_test_epi32_mask(fresh, fresh), _mm512_loadu_si512(tails),
                                                 _mm512_set1_epi64((int64_t)before));
    const __m512i shifts = _mm512_setr_epi64(0, 8, 16, 24, 32, 40, 48, 56);
    const __m512i again = _mm512_and_si512(_mm512_maskz_srlv_epi64(kOfEight, tail, shifts), _mm512_set1_epi64(255));
    _mm512_storeu_si512(tails, _mm512_or_si512(_mm512_maskz_slli_epi64(kOfEight, tail, 8), again));

    // Two symbols are read for each, of which the upper one drops out.
    const __m512i zero = _mm512_setzero_si512();
    const __m512i back = _mm512_sub_epi32(zero, _mm512_loadu_si512(distance));
    const __m256i further = _mm256_sub_epi32(_mm256_setzero_si256(), _mm256_loadu_si256((const __m256i *)(distance + 16)));
    const __m256i far = _mm512_maskz_cvtepi32_epi16(kOfSixteen, _mm512_mask_i32gather_epi32(zero, kOfSixteen, back, here, 2));
    const __m128i rest = _mm256_cvtepi32_epi16(_mm256_i32gather_epi32((const int *)here, further, 2));

    const __m128i near = _mm512_maskz_cvtepi64_epi16(kOfEight, again);
    const __m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(near), _mm256_castsi256_si128(far), 1);
    const __m256i high = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm256_extracti128_si256(far, 1)), rest, 1);
    Symbols symbols;
    symbols.ids = _mm512_maskz_inserti64x4(kOfEight, _mm512_castsi256_si512(low), high, 1);
    symbols.bit6 = _mm512_movepi16_mask(_mm512_slli_epi16(symbols.ids, 9));
    symbols.bit7 = _mm512_movepi16_mask(_mm512_slli_epi16(symbols.ids, 8));
    symbols.no_entry = _mm512_movepi16_mask(_mm512_slli_epi16(symbols.ids, 7));
    return symbols;
}

static inline void look_up_floats(const Symbols &symbols, const float *table, float *found) {
    uint16_t ids[HP_COPIES];
    _mm512_storeu_si512(ids, symbols.ids);
    for (int32_t i = 0; i < HP_COPIES; ++i) found[i] = table[ids[i]];
}

// found[i] = table[symbol i]. whole: the first 256 as 16-bit numbers, or null if they are not such.
static inline void look_up(const Symbols &symbols, const float *table, const int16_t *whole, float *found) {
    if (!whole) return look_up_floats(symbols, table, found);
    __m512i quarter[4];
    for (int32_t i = 0; i < 4; ++i)
        quarter[i] = _mm512_permutex2var_epi16(_mm512_loadu_si512(whole + 64 * i), symbols.ids,
                                               _mm512_loadu_si512(whole + 64 * i + 32));
    const __m512i lower = _mm512_mask_blend_epi16(symbols.bit6, quarter[0], quarter[1]);
    const __m512i upper = _mm512_mask_blend_epi16(symbols.bit6, quarter[2], quarter[3]);
    const __m512i values = _mm512_mask_blend_epi16(symbols.bit7, lower, upper);
    const __m256i half[2] = {_mm512_maskz_extracti64x4_epi64(kOfEight, values, 0),
                             _mm512_maskz_extracti64x4_epi64(kOfEight, values, 1)};
    for (int32_t i = 0; i < 2; ++i) {
        const __m512 numbers = _mm512_maskz_cvtepi32_ps(kOfSixteen, _mm512_maskz_cvtepi16_epi32(kOfSixteen, half[i]));
        const __mmask16 none = (__mmask16)(symbols.no_entry >> 16 * i);
        _mm512_storeu_ps(found + 16 * i, _mm512_mask_blend_ps(none, numbers, _mm512_set1_ps(table[HP_NO_COLOR])));
    }
}
#else
struct Symbols {
    uint16_t ids[HP_COPIES];
};

static inline Symbols next_symbols(const int32_t *anew, uint64_t before, uint64_t *tails, const uint16_t *here,
                                   const int32_t *distance) {
    Symbols symbols;
    for (int32_t i = 0; i < HP_BEFORE; ++i) {
        const uint64_t tail = anew[i] ? before : tails[i], again = tail >> (8 * i) & 255;
        tails[i] = tail << 8 | again;
        symbols.ids[i] = (uint16_t)again;
    }
    for (int32_t i = 0; i < HP_FAR; ++i) symbols.ids[HP_BEFORE + i] = here[-distance[i]];
    return symbols;
}

static inline void look_up(const Symbols &symbols, const float *table, const int16_t *, float *found) {
    for (int32_t i = 0; i < HP_COPIES; ++i) found[i] = table[symbols.ids[i]];
}
#endif
