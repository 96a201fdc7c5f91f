// Morton codes: the bits of R, G and B, interleaved.
#pragma once
#include <cstdint>

static constexpr uint32_t spread(uint32_t value) {  // bit i to bit 3 i
    value = (value | value << 8) & 0x00f00fu;
    value = (value | value << 4) & 0x0c30c3u;
    return (value | value << 2) & 0x249249u;
}

static inline uint32_t spread_by_4(uint32_t value) {  // bit i to bit 4 i
    value = (value | value << 12) & 0x000f000fu;
    value = (value | value << 6) & 0x03030303u;
    return (value | value << 3) & 0x11111111u;
}

static inline uint32_t gather(uint32_t code) {  // bit 3 i to bit i
    code &= 0x249249u;
    code = (code | code >> 2) & 0x0c30c3u;
    code = (code | code >> 4) & 0x00f00fu;
    return (code | code >> 8) & 0x0000ffu;
}

static inline uint32_t level_of(uint32_t key, int32_t channel) { return gather(key >> (2 - channel)); }  // 0, 1, 2: R, G, B
