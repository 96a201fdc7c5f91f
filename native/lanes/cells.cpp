// Tables of bytes, one for each opaque colour: which are not 0, and what they add up to.
#include <string.h>

#include "../cells.h"
#include "../intrinsics.h"
#include "bits.h"

enum { LINE = 1 << HP_LINE_BITS };

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
#elif defined(__SSE2__) || defined(_M_X64)
    uint64_t empty = 0;
    for (int32_t i = 0; i < LINE; i += 16) {
        const __m128i bytes = _mm_loadu_si128((const __m128i *)(line + i));
        empty |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_setzero_si128())) << i;
    }
    return ~empty;
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

// Of a line with a colour or two.
static inline int32_t read_few(const uint8_t *line, uint32_t key, uint32_t *keys, uint32_t *counts) {
    int32_t written = 0;
    for (uint64_t bits = occupied_bytes(line); bits; bits &= bits - 1) {
        const int32_t place = lowest_bit(bits);
        keys[written] = key | (uint32_t)place;
        counts[written++] = line[place];
    }
    return written;
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

static inline int32_t write_places(uint64_t bits, int32_t first, int32_t *out) {
    const int32_t size = bit_count(bits);
    __m512i places = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(each_place.bytes));
    for (int32_t written = 0; written < size; written += 16) {
        _mm512_storeu_si512(out + written, _mm512_add_epi32(widened(places), _mm512_set1_epi32(first)));
        places = next_16(places);
    }
    return size;
}

static inline int32_t read_many(const uint8_t *line, uint32_t key, uint32_t *keys, uint32_t *counts, int32_t room) {
    const uint64_t bits = occupied_bytes(line);
    const int32_t size = bit_count(bits);
    __m512i places = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(each_place.bytes));
    __m512i cells = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(line));
    for (int32_t written = 0;;) {
        write(keys + written, _mm512_or_si512(widened(places), _mm512_set1_epi32((int32_t)key)), size - written,
              room - written);
        write(counts + written, widened(cells), size - written, room - written);
        if ((written += 16) >= size) return size;
        places = next_16(places);
        cells = next_16(cells);
    }
}

// What is not 0, one after another; a whole line is written and read. Returns how much of it there is.
static inline int32_t pack(const uint8_t *line, uint64_t occupied, uint8_t *bytes) {
    _mm512_storeu_si512(bytes, _mm512_maskz_compress_epi8(occupied, _mm512_loadu_si512(line)));
    return bit_count(occupied);
}

// Adds packed bytes to a line; where one would pass 255 it is 255 less, and its bit is set in `carried`.
static inline int32_t add(uint8_t *line, uint64_t occupied, const uint8_t *bytes, uint64_t *carried) {
    const __m512i added = _mm512_maskz_expand_epi8(occupied, _mm512_loadu_si512(bytes));
    const __m512i sum = _mm512_add_epi8(_mm512_loadu_si512(line), added);
    *carried = _mm512_cmplt_epu8_mask(sum, added);
    _mm512_storeu_si512(line, _mm512_mask_add_epi8(sum, *carried, sum, _mm512_set1_epi8(1)));
    return bit_count(occupied);
}
#else
static inline int32_t pack(const uint8_t *line, uint64_t, uint8_t *bytes) {  // to find them would take longer
    memcpy(bytes, line, LINE);
    return LINE;
}

static inline int32_t add(uint8_t *line, uint64_t, const uint8_t *bytes, uint64_t *carried) {
    uint8_t passed[LINE], any = 0;
    for (int32_t i = 0; i < LINE; ++i) {
        const uint8_t sum = (uint8_t)(line[i] + bytes[i]);
        passed[i] = sum < bytes[i];
        line[i] = (uint8_t)(sum + passed[i]);
        any |= passed[i];
    }
    *carried = any ? occupied_bytes(passed) : 0;
    return LINE;
}

static inline int32_t write_places(uint64_t bits, int32_t first, int32_t *out) {
    int32_t written = 0;
    for (; bits; bits &= bits - 1) out[written++] = first + lowest_bit(bits);
    return written;
}

// Four at a time, of which those that are none are written over: nobody could predict how many there are.
static inline int32_t read_many(const uint8_t *line, uint32_t key, uint32_t *keys, uint32_t *counts, int32_t room) {
    if (room < LINE) return read_few(line, key, keys, counts);
    uint64_t bits = occupied_bytes(line);
    const int32_t size = bit_count(bits);
    for (int32_t written = 0; written < size; written += 4)
        for (int32_t i = written; i < written + 4; ++i, bits &= bits - 1) {
            const int32_t place = lowest_bit(bits | (uint64_t)1 << (LINE - 1));
            keys[i] = key | (uint32_t)place;
            counts[i] = line[place];
        }
    return size;
}
#endif

int32_t HP_LANES(hp_touched_lines)(const uint8_t *table, int32_t first, int32_t end, int32_t *numbers, int32_t place,
                                   int32_t *ends) {
    for (int32_t region = first; region < end; ++region) {
        const int32_t first_line = region << HP_REGION_BITS, end_line = (region + 1) << HP_REGION_BITS;
        for (int32_t line = first_line; line < end_line; line += LINE)
            if (const uint64_t bits = occupied_bytes(table + HP_CODES + line))  // few are, in drawings
                place += write_places(bits, line, numbers + place);
        ends[region] = place;
    }
    return place;
}

int32_t HP_LANES(hp_line_colors)(const uint8_t *table, const int32_t *numbers, int32_t count) {
    int32_t colors = 0;
    for (int32_t i = 0; i < count; ++i) colors += bit_count(occupied_bytes(table + numbers[i] * LINE));
    return colors;
}

static inline void clear_line(uint8_t *table, int32_t number) {
    memset(table + number * LINE, 0, LINE);
    table[HP_CODES + number] = 0;
}

int32_t HP_LANES(hp_read_lines)(uint8_t *table, const int32_t *numbers, int32_t count, bool few, uint32_t *keys,
                                uint32_t *counts, int32_t room) {
    int32_t written = 0;
    const auto each = [&](auto read) {
        for (int32_t i = 0; i < count; ++i) {
            const uint32_t first = (uint32_t)numbers[i] * LINE;
            HP_PREFETCH(table + numbers[i + HP_LANE_COUNT] * LINE);
            written += read(table + first, 0xff000000u | first, keys + written, counts + written);
            clear_line(table, numbers[i]);
        }
    };
    if (few)
        each([](auto... own) { return read_few(own...); });
    else
        each([&](auto... own) { return read_many(own..., room - written); });
    return written;
}

void HP_LANES(hp_pack_lines)(uint8_t *table, const int32_t *numbers, int32_t count, uint64_t *occupied,
                             uint8_t *bytes) {
    for (int32_t i = 0; i < count; ++i) {
        const uint8_t *line = table + numbers[i] * LINE;
        HP_PREFETCH(table + numbers[i + HP_LANE_COUNT] * LINE);
        occupied[i] = occupied_bytes(line);
        bytes += pack(line, occupied[i], bytes);
        clear_line(table, numbers[i]);
    }
}

int32_t HP_LANES(hp_add_lines)(uint8_t *table, const int32_t *numbers, int32_t count, const uint64_t *occupied,
                               const uint8_t *bytes, HpCarried *carried) {
    int32_t written = 0;
    for (int32_t i = 0; i < count; ++i) {
        HP_PREFETCH(table + numbers[i + HP_LANE_COUNT] * LINE);
        uint64_t places;
        bytes += add(table + numbers[i] * LINE, occupied[i], bytes, &places);
        table[HP_CODES + numbers[i]] = 1;
        if (places) carried[written++] = {numbers[i], places};
    }
    return written;
}
