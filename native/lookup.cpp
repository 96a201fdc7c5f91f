// Pixels to indices by a table of all opaque colours, which the caller keeps: for pixels that come in parts.
#include "huepress.h"
#include "keys.h"

void hp_look_up(const uint8_t *pixels, int64_t count, int32_t channels, const uint8_t *table, uint8_t *indices) {
    hp_each_key({pixels, channels, channels}, 0, count, [=](int64_t i, uint32_t key) { indices[i] = table[key & ~kOpaque]; });
}
