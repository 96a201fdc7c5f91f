// Bits of whole numbers. Static: the files of each SIMD level keep a copy of their own.
#pragma once
#include <cstdint>

#if defined(_MSC_VER)
#include <intrin.h>
#endif

// The position of the lowest bit that is set; the value is not 0.
static inline int32_t lowest_bit(uint32_t value) {
#if defined(_MSC_VER)
    unsigned long bit;
    _BitScanForward(&bit, value);
    return (int32_t)bit;
#else
    return __builtin_ctz(value);
#endif
}
static inline int32_t lowest_bit(uint64_t value) {
#if defined(_MSC_VER)
    unsigned long bit;
    _BitScanForward64(&bit, value);
    return (int32_t)bit;
#else
    return __builtin_ctzll(value);
#endif
}

// The position of the highest bit that is set; the value is not 0.
static inline int32_t highest_bit(uint32_t value) {
#if defined(_MSC_VER)
    unsigned long bit;
    _BitScanReverse(&bit, value);
    return (int32_t)bit;
#else
    return 31 - __builtin_clz(value);
#endif
}

// How many bits are set.
static inline int32_t bit_count(uint32_t value) {
#if defined(__POPCNT__)
    return __builtin_popcount(value);
#else
    value -= value >> 1 & 0x55555555u;
    value = (value & 0x33333333u) + (value >> 2 & 0x33333333u);
    return (int32_t)(((value + (value >> 4)) & 0x0f0f0f0fu) * 0x01010101u >> 24);
#endif
}
static inline int32_t bit_count(uint64_t value) {
#if defined(__POPCNT__)
    return __builtin_popcountll(value);
#else
    value -= value >> 1 & 0x5555555555555555u;
    value = (value & 0x3333333333333333u) + (value >> 2 & 0x3333333333333333u);
    return (int32_t)(((value + (value >> 4)) & 0x0f0f0f0f0f0f0f0fu) * 0x0101010101010101u >> 56);
#endif
}

// The bits of what an AVX-512 comparison of at most 16 lanes finds. In a register of whole numbers, for GCC 12 may spill the
// mask as it is, in 16 bits, and read 32 of that place.
static inline uint32_t bits_of_mask(uint32_t mask) {
#if defined(__GNUC__)
    __asm__("" : "+r"(mask));
#endif
    return mask;
}
