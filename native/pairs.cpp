// How many different pairs of neighbours rows of bytes have.
#include <cstring>

#include "huepress.h"

void hp_different_pairs(const uint8_t *rows, int64_t count, int64_t length, int64_t *different) {
    uint64_t seen[1 << 10];  // a bit for each pair
    for (int64_t row = 0; row < count; ++row) {
        const uint8_t *bytes = rows + row * length;
        int64_t found = 0;
        std::memset(seen, 0, sizeof seen);
        for (int64_t i = 1; i < length; ++i) {
            const uint32_t pair = (uint32_t)bytes[i - 1] << 8 | bytes[i];
            uint64_t &word = seen[pair >> 6];
            found += ~word >> (pair & 63) & 1;
            word |= (uint64_t)1 << (pair & 63);
        }
        different[row] = found;
    }
}
