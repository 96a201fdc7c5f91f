// Colours as numbers: alpha above the Morton code of R, G and B.
#pragma once
#include <algorithm>
#include <cstdint>

#include "lanes.h"

const uint32_t kOpaque = 0xff000000u;
enum { HP_KEYS = 1024, HP_LINE = 64 };  // keys that are made at a time; bytes that the cache loads at once

// A table by code as one by opaque key: alpha is subtracted once, instead of from each key.
inline uint8_t *hp_by_key(uint8_t *codes) { return (uint8_t *)((uintptr_t)codes - kOpaque); }

inline bool hp_all_opaque(const uint32_t *keys, int32_t count) {
    uint32_t all = kOpaque;
    for (int32_t i = 0; i < count; ++i) all &= keys[i];
    return all == kOpaque;
}

// Pixels of 3 or 4 channels, `stride` bytes from one to the next: 4, or 3 if they have no more channels.
struct Pixels {
    const uint8_t *bytes;
    int32_t channels, stride;
};

// Calls visit(first, keys, count) for runs of pixels of first .. end, in order.
template <class Visit>
inline void hp_each_keys(const Pixels &pixels, int64_t first, int64_t end, const Visit &visit) {
    uint32_t keys[HP_KEYS];
    for (int64_t start = first; start < end; start += HP_KEYS) {
        const int32_t count = (int32_t)std::min<int64_t>(HP_KEYS, end - start);
        HP_CALL(hp_keys)(pixels.bytes + start * pixels.stride, pixels.channels, pixels.stride, count, keys);
        const uint8_t *next = pixels.bytes + (start + count) * pixels.stride;
        const int64_t size = std::min<int64_t>(HP_KEYS, end - start - count) * pixels.stride;
        for (int64_t i = 0; i < size; i += HP_LINE)
            HP_PREFETCH(next + i);  // they come from the memory while these are visited
        visit(start, keys, count);
    }
}

// Calls visit(i, key) for each pixel i of first .. end, in order.
template <class Visit>
inline void hp_each_key(const Pixels &pixels, int64_t first, int64_t end, const Visit &visit) {
    hp_each_keys(pixels, first, end, [&](int64_t start, const uint32_t *keys, int32_t count) {
        for (int32_t i = 0; i < count; ++i) visit(start + i, keys[i]);
    });
}
