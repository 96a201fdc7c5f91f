// Colours to keys, many at a time: the bits of R, G and B are spread apart and interleaved, by shifts and masks, or, where
// a vector's bytes can be looked up in a register, by what each half of a byte puts into each byte of the key, or, where
// they can be multiplied by matrices of bits, by what the whole byte does.
#include <string.h>

#include "../intrinsics.h"
#include "group.h"
#include "morton.h"

#if defined(__AVX512VBMI__) && defined(__GFNI__)

enum { GROUP = 64, PAST_END = 1 };  // pixels that are taken at a time, and of which there have to be more

// Where the bytes of each channel are among those of 64 pixels: four pixels of each quarter in each 16 bytes.
template <int32_t stride>
struct Places {
    uint8_t low[4][GROUP];  // their lower 7 bits
    uint64_t high[4];       // the others
    constexpr Places() : low(), high() {
        for (int32_t c = 0; c < 4; ++c)
            for (int32_t i = 0; i < GROUP; ++i) {
                const int32_t place = (i / 4 % 4 * 16 + i / 16 * 4 + i % 4) * stride + c;
                low[c][i] = (uint8_t)(place & 127);
                high[c] |= (uint64_t)(place >> 7 & 1) << i;
            }
    }
};

// The matrix of bits that takes a byte of channel c to what it puts into byte `byte` of the key.
static constexpr uint64_t bits_of(uint32_t c, uint32_t byte) {
    uint64_t matrix = 0;
    for (uint32_t bit = 0; bit < 8; ++bit) {
        const uint32_t own = 8 * byte + bit;
        if (own % 3 == 2 - c) matrix |= (uint64_t)1 << (own / 3) << 8 * (7 - bit);  // rows are in reverse order
    }
    return matrix;
}

template <uint32_t byte>
static inline __m512i byte_of(const __m512i *plane) {
    const __m512i r = _mm512_gf2p8affine_epi64_epi8(plane[0], _mm512_set1_epi64((int64_t)bits_of(0, byte)), 0);
    const __m512i g = _mm512_gf2p8affine_epi64_epi8(plane[1], _mm512_set1_epi64((int64_t)bits_of(1, byte)), 0);
    const __m512i b = _mm512_gf2p8affine_epi64_epi8(plane[2], _mm512_set1_epi64((int64_t)bits_of(2, byte)), 0);
    return _mm512_or_si512(_mm512_or_si512(r, g), b);
}

template <int32_t channels, int32_t stride>
static inline void keys_of_group(const uint8_t *pixels, uint32_t *keys) {
    static constexpr Places<stride> places;
    __m512i four[4], plane[4];
    for (int32_t i = 0; i < stride; ++i) four[i] = _mm512_loadu_si512(pixels + i * 64);
    for (int32_t c = 0; c < channels; ++c) {
        const __m512i low = _mm512_loadu_si512(places.low[c]);
        const __m512i first = _mm512_permutex2var_epi8(four[0], low, four[1]);
        const __m512i second = _mm512_permutex2var_epi8(four[2], low, four[stride - 1]);
        plane[c] = _mm512_mask_blend_epi8(places.high[c], first, second);
    }
    if (channels == 3) plane[3] = _mm512_set1_epi8(-1);
    const __m512i byte[3] = {byte_of<0>(plane), byte_of<1>(plane), byte_of<2>(plane)};
    const __m512i low = _mm512_unpacklo_epi8(byte[0], byte[1]), low2 = _mm512_unpacklo_epi8(byte[2], plane[3]);
    const __m512i high = _mm512_unpackhi_epi8(byte[0], byte[1]), high2 = _mm512_unpackhi_epi8(byte[2], plane[3]);
    _mm512_storeu_si512(keys, _mm512_unpacklo_epi16(low, low2));
    _mm512_storeu_si512(keys + 16, _mm512_unpackhi_epi16(low, low2));
    _mm512_storeu_si512(keys + 32, _mm512_unpacklo_epi16(high, high2));
    _mm512_storeu_si512(keys + 48, _mm512_unpackhi_epi16(high, high2));
}

#elif defined(__AVX2__)

enum { GROUP = 32, PAST_END = 4 };  // pixels that are taken at a time, bytes that are read past them

static inline __m256i both_halves(const uint8_t *p) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)p));
}
static inline __m256i four_of_3(const uint8_t *pixels) {  // four pixels in each half
    const __m128i first = _mm_loadu_si128((const __m128i *)pixels);
    return _mm256_inserti128_si256(_mm256_castsi128_si256(first), _mm_loadu_si128((const __m128i *)(pixels + 12)), 1);
}

// What the low and the high half of a channel's byte put into the bytes of the key: low 0, low 1, high 1, high 2.
struct Halves {
    uint8_t bytes[3][4][16];
    constexpr Halves() : bytes() {
        for (uint32_t channel = 0; channel < 3; ++channel)
            for (uint32_t half = 0; half < 16; ++half) {
                const uint32_t low = spread(half) << (2 - channel), high = spread(half << 4) << (2 - channel);
                bytes[channel][0][half] = (uint8_t)low;
                bytes[channel][1][half] = (uint8_t)(low >> 8);
                bytes[channel][2][half] = (uint8_t)(high >> 8);
                bytes[channel][3][half] = (uint8_t)(high >> 16);
            }
    }
};
static constexpr Halves halves;

// plane[c]: channel c of each pixel; the fourth is alpha, 255 for 3 channels. In each vector's 16 bytes 4 pixels of each
// quarter of the group.
template <int32_t channels, int32_t stride>
static inline void split_channels(const uint8_t *pixels, __m256i *plane) {
    static const uint8_t by_channel[2][16] = {{0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11, 12, 12, 12, 12},
                                              {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15}};
    __m256i quarter[4];
    for (int32_t i = 0; i < 4; ++i) {
        const uint8_t *own = pixels + i * (GROUP / 4) * stride;
        const __m256i four = stride == 3 ? four_of_3(own) : _mm256_loadu_si256((const __m256i *)own);
        quarter[i] = _mm256_shuffle_epi8(four, both_halves(by_channel[stride - 3]));
    }
    const __m256i low = _mm256_unpacklo_epi32(quarter[0], quarter[1]);
    const __m256i low2 = _mm256_unpacklo_epi32(quarter[2], quarter[3]);
    const __m256i high = _mm256_unpackhi_epi32(quarter[0], quarter[1]);
    const __m256i high2 = _mm256_unpackhi_epi32(quarter[2], quarter[3]);
    plane[0] = _mm256_unpacklo_epi64(low, low2);
    plane[1] = _mm256_unpackhi_epi64(low, low2);
    plane[2] = _mm256_unpacklo_epi64(high, high2);
    plane[3] = channels == 3 ? _mm256_set1_epi8(-1) : _mm256_unpackhi_epi64(high, high2);
}

template <int32_t channels, int32_t stride>
static inline void keys_of_group(const uint8_t *pixels, uint32_t *keys) {
    __m256i plane[4], byte[3];
    split_channels<channels, stride>(pixels, plane);
    for (int32_t c = 0; c < 3; ++c) {
        const __m256i low = _mm256_and_si256(plane[c], _mm256_set1_epi8(15));
        const __m256i high = _mm256_and_si256(_mm256_srli_epi16(plane[c], 4), _mm256_set1_epi8(15));
        const __m256i first = _mm256_shuffle_epi8(both_halves(halves.bytes[c][0]), low);
        const __m256i second = _mm256_or_si256(_mm256_shuffle_epi8(both_halves(halves.bytes[c][1]), low),
                                               _mm256_shuffle_epi8(both_halves(halves.bytes[c][2]), high));
        const __m256i third = _mm256_shuffle_epi8(both_halves(halves.bytes[c][3]), high);
        byte[0] = c ? _mm256_or_si256(byte[0], first) : first;
        byte[1] = c ? _mm256_or_si256(byte[1], second) : second;
        byte[2] = c ? _mm256_or_si256(byte[2], third) : third;
    }
    const __m256i low = _mm256_unpacklo_epi8(byte[0], byte[1]), low2 = _mm256_unpacklo_epi8(byte[2], plane[3]);
    const __m256i high = _mm256_unpackhi_epi8(byte[0], byte[1]), high2 = _mm256_unpackhi_epi8(byte[2], plane[3]);
    __m256i *out = (__m256i *)keys;
    _mm256_storeu_si256(out, _mm256_unpacklo_epi16(low, low2));
    _mm256_storeu_si256(out + 1, _mm256_unpackhi_epi16(low, low2));
    _mm256_storeu_si256(out + 2, _mm256_unpacklo_epi16(high, high2));
    _mm256_storeu_si256(out + 3, _mm256_unpackhi_epi16(high, high2));
}

#endif

#if defined(__AVX2__)

template <int32_t channels, int32_t stride>
static void keys_of(const uint8_t *HP_RESTRICT pixels, int32_t count, uint32_t *HP_RESTRICT keys) {
    int32_t i = 0;
    for (; i + GROUP + PAST_END <= count; i += GROUP) keys_of_group<channels, stride>(pixels + i * stride, keys + i);
    for (; i < count; i += GROUP) {  // the last ones in a copy, so that nothing past the ends is touched
        const int32_t rest = count - i < GROUP ? count - i : GROUP;
        uint8_t copy[GROUP * stride + PAST_END] = {0};
        uint32_t own[GROUP];
        memcpy(copy, pixels + i * stride, (size_t)((rest - 1) * stride + channels));
        keys_of_group<channels, stride>(copy, own);
        memcpy(keys + i, own, (size_t)rest * sizeof(uint32_t));
    }
}

#else

template <int32_t channels, int32_t stride>
static void keys_of(const uint8_t *HP_RESTRICT pixels, int32_t count, uint32_t *HP_RESTRICT keys) {
    for (int32_t i = 0; i < count; ++i) {
        const uint8_t *p = pixels + i * stride;
        const uint32_t code = spread(p[0]) << 2 | spread(p[1]) << 1 | spread(p[2]);
        const uint32_t alpha = channels == 4 ? p[channels - 1] : 255;
        keys[i] = alpha << 24 | code;
    }
}

#endif

void HP_LANES(hp_keys)(const uint8_t *pixels, int32_t channels, int32_t stride, int32_t count, uint32_t *keys) {
    if (channels == 4)
        keys_of<4, 4>(pixels, count, keys);
    else if (stride == 4)
        keys_of<3, 4>(pixels, count, keys);
    else
        keys_of<3, 3>(pixels, count, keys);
}

// Bit i: whether key i differs from the next one; that of the last is set.
static inline uint32_t ends_of_runs(const uint32_t *keys) {
#if defined(__AVX512F__)
    const __m512i own = _mm512_loadu_si512(keys), next = _mm512_maskz_alignr_epi32(0xffff, own, own, 1);
    return bits_of_mask(_mm512_cmpneq_epi32_mask(own, next)) | 0x8000u;
#elif defined(__SSE2__) || defined(_M_X64)
    __m128i equal[4];
    for (int32_t i = 0; i < 4; ++i) {
        const __m128i own = _mm_loadu_si128((const __m128i *)(keys + 4 * i));
        const __m128i next = i < 3 ? _mm_loadu_si128((const __m128i *)(keys + 4 * i + 1)) : _mm_srli_si128(own, 4);
        equal[i] = _mm_cmpeq_epi32(own, next);
    }
    const __m128i halves = _mm_packs_epi16(_mm_packs_epi32(equal[0], equal[1]), _mm_packs_epi32(equal[2], equal[3]));
    return ((uint32_t)_mm_movemask_epi8(halves) ^ 0xffffu) | 0x8000u;
#else
    uint32_t ends = 0x8000u;
    for (int32_t i = 0; i < HP_LANE_COUNT - 1; ++i) ends |= (uint32_t)(keys[i] != keys[i + 1]) << i;
    return ends;
#endif
}

void HP_LANES(hp_find_runs)(const uint32_t *keys, int32_t count, HpRuns *runs) {
    for (int32_t i = 0; i < count; ++i) {
        const uint32_t ends = ends_of_runs(keys + i * HP_LANE_COUNT);
        runs[i] = {(uint16_t)ends, (uint16_t)bit_count(ends)};
    }
}

void HP_LANES(hp_levels)(const uint32_t *keys, int32_t count, int32_t channel, int32_t scale, int16_t *levels) {
    for (int32_t i = 0; i < count; ++i) levels[i] = (int16_t)(level_of(keys[i], channel) * (uint32_t)scale);
}
