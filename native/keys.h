// Colours as numbers: alpha above the Morton code of R, G and B.
#pragma once
#include <algorithm>
#include <cstdint>

#if defined(_MSC_VER)
#include <intrin.h>
#endif

#include "lanes.h"

const uint32_t kOpaque = 0xff000000u;

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

// Calls visit(i, key) for each pixel i of first .. end, in order.
template <class Visit>
inline void hp_each_key(const uint8_t *pixels, int32_t channels, int64_t first, int64_t end, const Visit &visit) {
    const int32_t step = 1024;
    uint32_t keys[step];
    for (int64_t start = first; start < end; start += step) {
        const int32_t count = (int32_t)std::min<int64_t>(step, end - start);
        HP_CALL(hp_keys)(pixels + start * channels, channels, count, keys);
        for (int32_t i = 0; i < count; ++i) visit(start + i, keys[i]);
    }
}
