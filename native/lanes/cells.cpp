// Tables of bytes, one for each opaque colour: which are not 0, and what they add up to.
#include <string.h>

#include "../intrinsics.h"
#include "../lanes.h"

enum { LINE = 1 << HP_LINE_BITS, REGION = 64 * LINE };

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

// The bytes of a line that are not 0 in one of the tables.
static inline uint64_t occupied_cells(uint8_t *const *tables, int32_t table_count, int32_t offset) {
    uint64_t bits = 0;
    for (int32_t t = 0; t < table_count; ++t) bits |= occupied_bytes(tables[t] + offset);
    return bits;
}

int32_t HP_LANES(hp_find_regions)(uint8_t *const *tables, int32_t table_count, HpRegion *regions) {
    int32_t found = 0, place = 0;
    for (int32_t number = 0; number < HP_REGIONS; ++number) {
        const uint64_t lines = occupied_cells(tables, table_count, HP_CODES + number * 64);
        if (!lines) continue;
        regions[found++] = {lines, number, place};
        for (uint64_t rest = lines; rest; rest &= rest - 1)
            place += ones(occupied_cells(tables, table_count, number * REGION + first_one(rest) * LINE));
    }
    regions[found] = {0, HP_REGIONS, place};
    return found;
}

#if defined(__AVX512BW__)
// Up to 16 entries; what is written past `count` is written again later, or is not written if there is no room for it.
static inline void write(uint32_t *out, __m512i values, int32_t count, int32_t room) {
    if (room >= 16)
        _mm512_storeu_si512(out, values);
    else
        _mm512_mask_storeu_epi32(out, (__mmask16)((1u << count) - 1), values);
}

static int32_t read_line(uint8_t *const *lines, int32_t line_count, uint64_t bits, uint32_t key, uint32_t *keys,
                         uint32_t *counts, int32_t room) {
    const __m512i positions = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    int32_t written = 0;
    for (int32_t i = 0; i < LINE; i += 16) {
        const __mmask16 chosen = (__mmask16)(bits >> i);
        const int32_t count = ones(chosen);
        const __m512i own = _mm512_add_epi32(positions, _mm512_set1_epi32((int32_t)key + i));
        __m512i sum = _mm512_setzero_si512();
        for (int32_t t = 0; t < line_count; ++t)
            sum = _mm512_add_epi32(sum, _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(lines[t] + i))));
        write(keys + written, _mm512_maskz_compress_epi32(chosen, own), count, room - written);
        write(counts + written, _mm512_maskz_compress_epi32(chosen, sum), count, room - written);
        written += count;
    }
    return written;
}
#else
static int32_t read_line(uint8_t *const *lines, int32_t line_count, uint64_t bits, uint32_t key, uint32_t *keys,
                         uint32_t *counts, int32_t) {
    int32_t written = 0;
    for (; bits; bits &= bits - 1) {
        const int32_t place = first_one(bits);
        uint32_t sum = 0;
        for (int32_t t = 0; t < line_count; ++t) sum += lines[t][place];
        keys[written] = key | (uint32_t)place;
        counts[written++] = sum;
    }
    return written;
}
#endif

void HP_LANES(hp_read_region)(uint8_t *const *tables, int32_t table_count, const HpRegion *region, uint32_t *keys,
                              uint32_t *counts, int32_t room) {
    int32_t written = 0;
    for (uint64_t rest = region->lines; rest; rest &= rest - 1) {
        const int32_t line = region->number * 64 + first_one(rest), offset = line * LINE;
        uint8_t *touched[HP_MOST_TABLES];
        int32_t touched_count = 0;
        uint64_t bits = 0;
        for (int32_t t = 0; t < table_count; ++t) {
            if (!tables[t][HP_CODES + line]) continue;
            tables[t][HP_CODES + line] = 0;
            touched[touched_count++] = tables[t] + offset;
            bits |= occupied_bytes(tables[t] + offset);
        }
        written += read_line(touched, touched_count, bits, 0xff000000u | (uint32_t)offset, keys + written,
                             counts + written, room - written);
        for (int32_t t = 0; t < touched_count; ++t) memset(touched[t], 0, LINE);
    }
}
