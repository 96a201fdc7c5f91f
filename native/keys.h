// Colours as numbers: alpha above the Morton code of R, G and B.
#pragma once
#include <algorithm>
#include <cstdint>

#if defined(_MSC_VER)
#include <intrin.h>
#endif

#include "lanes.h"

const uint32_t kOpaque = 0xff000000u;
enum { HP_KEYS = 1024 };  // keys that are made at a time

// The position of the highest bit that is set; the value is not 0.
inline int32_t hp_high_bit(uint32_t value) {
#if defined(_MSC_VER)
    unsigned long bit;
    _BitScanReverse(&bit, value);
    return (int32_t)bit;
#else
    return 31 - __builtin_clz(value);
#endif
}

// Calls visit(first, keys, count) for runs of pixels of first .. end, in order.
template <class Visit>
inline void hp_each_keys(const uint8_t *pixels, int32_t channels, int64_t first, int64_t end, const Visit &visit) {
    uint32_t keys[HP_KEYS];
    for (int64_t start = first; start < end; start += HP_KEYS) {
        const int32_t count = (int32_t)std::min<int64_t>(HP_KEYS, end - start);
        HP_CALL(hp_keys)(pixels + start * channels, channels, count, keys);
        visit(start, keys, count);
    }
}

// Calls visit(i, key) for each pixel i of first .. end, in order.
template <class Visit>
inline void hp_each_key(const uint8_t *pixels, int32_t channels, int64_t first, int64_t end, const Visit &visit) {
    hp_each_keys(pixels, channels, first, end, [&](int64_t start, const uint32_t *keys, int32_t count) {
        for (int32_t i = 0; i < count; ++i) visit(start + i, keys[i]);
    });
}
