// Tables of bytes, one for each opaque colour, in blocks of 512: which are not 0, and how much they add up to.
#include <string.h>

#include "../lanes.h"

#if defined(__AVX512BW__)
#include <immintrin.h>
#elif defined(_MSC_VER)
#include <intrin.h>
#endif

enum { BLOCK = 512, LINE = 64 };

static inline int32_t ones(uint64_t bits) {
#if defined(_MSC_VER)
    int32_t count = 0;
    for (; bits; bits &= bits - 1) ++count;
    return count;
#else
    return __builtin_popcountll(bits);
#endif
}

static inline int32_t first_one(uint64_t bits) {
#if defined(_MSC_VER)
    unsigned long position;
    _BitScanForward64(&position, bits);
    return (int32_t)position;
#else
    return __builtin_ctzll(bits);
#endif
}

// Bit i: byte i of the line is not 0.
static inline uint64_t occupied_bytes(const uint8_t *line) {
#if defined(__AVX512BW__)
    const __m512i bytes = _mm512_loadu_si512(line);
    return _mm512_test_epi8_mask(bytes, bytes);
#else
    const uint64_t low = 0x7f7f7f7f7f7f7f7fu;
    uint64_t bits = 0;
    for (int32_t i = 0; i < LINE; i += 8) {
        uint64_t bytes;
        memcpy(&bytes, line + i, 8);
        const uint64_t high = ((((bytes & low) + low) | bytes) & ~low) >> 7;  // 1 in each byte that is not 0
        bits |= (high * 0x0102040810204080u) >> 56 << i;
    }
    return bits;
#endif
}

static inline uint64_t occupied(const uint8_t *const *tables, int32_t table_count, int32_t offset) {
    uint64_t bits = 0;
    for (int32_t t = 0; t < table_count; ++t) bits |= occupied_bytes(tables[t] + offset);
    return bits;
}

int32_t HP_LANES(hp_occupied_cells)(const uint8_t *const *tables, int32_t table_count, int32_t block) {
    int32_t count = 0;
    for (int32_t offset = block * BLOCK; offset < (block + 1) * BLOCK; offset += LINE)
        count += ones(occupied(tables, table_count, offset));
    return count;
}

#if defined(__AVX512BW__)
static inline __m512i sums_of_16(uint8_t *const *tables, int32_t table_count, int32_t offset) {
    __m512i sums = _mm512_setzero_si512();
    for (int32_t t = 0; t < table_count; ++t) {
        const __m128i bytes = _mm_loadu_si128((const __m128i *)(tables[t] + offset));
        sums = _mm512_add_epi32(sums, _mm512_maskz_cvtepu8_epi32(0xffff, bytes));
    }
    return sums;
}

static int32_t read_line(uint8_t *const *tables, int32_t table_count, int32_t offset, uint64_t bits, uint32_t *keys,
                         uint32_t *counts) {
    const __m512i positions = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    int32_t written = 0;
    for (int32_t i = 0; i < LINE; i += 16) {
        const __mmask16 chosen = (__mmask16)(bits >> i);
        const int32_t count = ones(chosen);
        const __mmask16 kept = (__mmask16)((1u << count) - 1);  // written in place: nothing past the arrays' ends
        const __m512i codes = _mm512_add_epi32(positions, _mm512_set1_epi32((int32_t)(0xff000000u | (offset + i))));
        const __m512i sums = sums_of_16(tables, table_count, offset + i);
        _mm512_mask_storeu_epi32(keys + written, kept, _mm512_maskz_compress_epi32(chosen, codes));
        _mm512_mask_storeu_epi32(counts + written, kept, _mm512_maskz_compress_epi32(chosen, sums));
        written += count;
    }
    return written;
}
#else
static int32_t read_line(uint8_t *const *tables, int32_t table_count, int32_t offset, uint64_t bits, uint32_t *keys,
                         uint32_t *counts) {
    int32_t written = 0;
    for (; bits; bits &= bits - 1) {
        const int32_t place = offset + first_one(bits);
        uint32_t sum = 0;
        for (int32_t t = 0; t < table_count; ++t) sum += tables[t][place];
        keys[written] = 0xff000000u | (uint32_t)place;
        counts[written++] = sum;
    }
    return written;
}
#endif

int32_t HP_LANES(hp_read_cells)(uint8_t *const *tables, int32_t table_count, int32_t block, uint32_t *keys,
                                uint32_t *counts) {
    int32_t written = 0;
    for (int32_t offset = block * BLOCK; offset < (block + 1) * BLOCK; offset += LINE) {
        const uint64_t bits = occupied(tables, table_count, offset);
        if (!bits) continue;
        written += read_line(tables, table_count, offset, bits, keys + written, counts + written);
        for (int32_t t = 0; t < table_count; ++t) memset(tables[t] + offset, 0, LINE);
    }
    return written;
}
