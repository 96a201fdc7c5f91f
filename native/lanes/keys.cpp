// Colours to keys, many at a time: the bits of R, G and B are spread apart by shifts and masks and interleaved.
#include "../lanes.h"

static inline uint32_t spread(uint32_t value) {  // bit i to bit 3 i
    value = (value | value << 8) & 0x00f00fu;
    value = (value | value << 4) & 0x0c30c3u;
    return (value | value << 2) & 0x249249u;
}

template <int32_t channels>
static void keys_of(const uint8_t *HP_RESTRICT pixels, int32_t count, uint32_t *HP_RESTRICT keys) {
    for (int32_t i = 0; i < count; ++i) {
        const uint8_t *p = pixels + i * channels;
        const uint32_t code = spread(p[0]) << 2 | spread(p[1]) << 1 | spread(p[2]);
        const uint32_t alpha = channels == 4 ? p[channels - 1] : 255;
        keys[i] = alpha << 24 | code;
    }
}

void HP_LANES(hp_keys)(const uint8_t *pixels, int32_t channels, int32_t count, uint32_t *keys) {
    if (channels == 3)
        keys_of<3>(pixels, count, keys);
    else
        keys_of<4>(pixels, count, keys);
}

static inline uint32_t gather(uint32_t code) {  // bit 3 i to bit i
    code &= 0x249249u;
    code = (code | code >> 2) & 0x0c30c3u;
    code = (code | code >> 4) & 0x00f00fu;
    return (code | code >> 8) & 0x0000ffu;
}

void HP_LANES(hp_levels)(const uint32_t *keys, int32_t count, int32_t channel, int32_t scale, int16_t *levels) {
    for (int32_t i = 0; i < count; ++i) levels[i] = (int16_t)(gather(keys[i] >> (2 - channel)) * (uint32_t)scale);
}
