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

#if defined(__AVX512VBMI2__)
struct EachPlace {
    uint8_t bytes[LINE];
    constexpr EachPlace() : bytes() {
        for (int32_t i = 0; i < LINE; ++i) bytes[i] = (uint8_t)i;
    }
};
static constexpr EachPlace each_place;
#endif

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

// The lines of a region that were touched in one table or more, and in each.
struct Touched {
    uint64_t any, in[HP_MOST_TABLES];

    Touched(uint8_t *const *tables, int32_t table_count, int32_t region) : any(0) {
        for (int32_t t = 0; t < table_count; ++t) {
            in[t] = occupied_bytes(tables[t] + HP_CODES + region * 64);
            any |= in[t];
        }
    }
};

int32_t HP_LANES(hp_find_regions)(uint8_t *const *tables, int32_t table_count, HpRegion *regions) {
    int32_t found = 0;
    for (int32_t number = 0; number < HP_REGIONS; ++number)
        if (const uint64_t lines = Touched(tables, table_count, number).any) regions[found++] = {number, ones(lines), 0};
    return found;
}

// A region line by line, in order: visit(lines, offset), with a line of zeros for a table in which it was not touched, which
// spares a branch that nobody could predict, and bytes that are not in the cache.
template <int32_t table_count, class Visit>
static inline void each_line(uint8_t *const *tables, int32_t region, const Visit &visit) {
    const Touched touched(tables, table_count, region);
    uint8_t zeros[HP_MOST_TABLES][LINE] = {{0}};
    for (uint64_t rest = touched.any; rest; rest &= rest - 1) {
        const int32_t line = first_one(rest), offset = region * REGION + line * LINE;
        uint8_t *lines[table_count];
        for (int32_t t = 0; t < table_count; ++t)
            lines[t] = table_count == 1 || touched.in[t] >> line & 1 ? tables[t] + offset : zeros[t];
        visit(lines, offset);
    }
}

// The bytes that are not 0 in one of the lines.
template <int32_t line_count>
static inline uint64_t occupied_cells(uint8_t *const *lines) {
    uint64_t bits = 0;
    for (int32_t t = 0; t < line_count; ++t) bits |= occupied_bytes(lines[t]);
    return bits;
}

template <int32_t table_count>
static int32_t region_colors(uint8_t *const *tables, int32_t region) {
    int32_t colors = 0;
    each_line<table_count>(tables, region, [&](uint8_t *const *lines, int32_t) {
        colors += ones(occupied_cells<table_count>(lines));
    });
    return colors;
}

#if defined(__AVX512VBMI2__)
// Up to 16 entries; what is written past `count` is written again later, or is not written if there is no room for it.
static inline void write(uint32_t *out, __m512i values, int32_t count, int32_t room) {
    if (room >= 16)
        _mm512_storeu_si512(out, values);
    else
        _mm512_mask_storeu_epi32(out, (__mmask16)((1u << (count < 16 ? count : 16)) - 1), values);
}

// The first 16 of a vector of bytes, as numbers of 32 bits.
static inline __m512i widened(__m512i bytes) { return _mm512_cvtepu8_epi32(_mm512_castsi512_si128(bytes)); }

static inline __m512i next_16(__m512i bytes) { return _mm512_maskz_shuffle_i32x4(0x0fff, bytes, bytes, 0xf9); }

template <int32_t line_count>
static inline int32_t read_line(uint8_t *const *lines, uint64_t bits, uint32_t key, uint32_t *keys,
                         uint32_t *counts, int32_t room) {
    const int32_t size = ones(bits);
    __m512i places = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(each_place.bytes)), cells[HP_MOST_TABLES];
    for (int32_t t = 0; t < line_count; ++t) cells[t] = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(lines[t]));
    for (int32_t written = 0; written < size; written += 16) {
        __m512i sum = _mm512_setzero_si512();
        for (int32_t t = 0; t < line_count; ++t) {
            sum = _mm512_add_epi32(sum, widened(cells[t]));
            cells[t] = next_16(cells[t]);
        }
        write(keys + written, _mm512_add_epi32(widened(places), _mm512_set1_epi32((int32_t)key)), size - written,
              room - written);
        write(counts + written, sum, size - written, room - written);
        places = next_16(places);
    }
    return size;
}
#else
template <int32_t line_count>
static inline int32_t read_line(uint8_t *const *lines, uint64_t bits, uint32_t key, uint32_t *keys,
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

template <int32_t table_count>
static void read_region(uint8_t *const *tables, int32_t region, uint32_t *keys, uint32_t *counts, int32_t room) {
    int32_t written = 0;
    each_line<table_count>(tables, region, [&](uint8_t *const *lines, int32_t offset) {
        written += read_line<table_count>(lines, occupied_cells<table_count>(lines), 0xff000000u | (uint32_t)offset,
                                          keys + written, counts + written, room - written);
        for (int32_t t = 0; t < table_count; ++t) memset(lines[t], 0, LINE);
    });
    for (int32_t t = 0; t < table_count; ++t) memset(tables[t] + HP_CODES + region * 64, 0, 64);
}

int32_t HP_LANES(hp_region_colors)(uint8_t *const *tables, int32_t table_count, int32_t region) {
    static int32_t (*const by_tables[])(uint8_t *const *, int32_t) = {region_colors<1>, region_colors<2>, region_colors<3>,
                                                                      region_colors<4>};
    return by_tables[table_count - 1](tables, region);
}

void HP_LANES(hp_read_region)(uint8_t *const *tables, int32_t table_count, int32_t region, uint32_t *keys,
                              uint32_t *counts, int32_t room) {
    static void (*const by_tables[])(uint8_t *const *, int32_t, uint32_t *, uint32_t *, int32_t) = {
        read_region<1>, read_region<2>, read_region<3>, read_region<4>};
    by_tables[table_count - 1](tables, region, keys, counts, room);
}
