#include "dither.h"

#include <algorithm>
#include <new>
#include <vector>

#include "huepress.h"

// Floyd & Steinberg 1976, every other row from right to left.
int32_t hp_dither(const float *features, int32_t dimensions, int32_t first, int32_t height, int32_t width,
                  const float *palette, int32_t count, const uint8_t *exact, float strength, float *errors,
                  uint8_t *indices) {
    const float *entries[4] = {};
    float low[4], high[4];
    for (int32_t d = 0; d < dimensions; ++d) {
        entries[d] = palette + d * HP_PALETTE_ROOM;
        low[d] = *std::min_element(entries[d], entries[d] + count);
        high[d] = *std::max_element(entries[d], entries[d] + count);
    }
    try {
        // Errors of this row and the next; a pixel's are at (x + 1) * 4, so that neighbours exist at the edges.
        std::vector<float> here(errors, errors + (size_t)(width + 2) * 4), below(here.size());
        for (int32_t y = 0; y < height; ++y) {
            std::fill(below.begin(), below.end(), 0.0f);
            const int32_t ahead = (first + y) % 2 ? -1 : 1;
            for (int32_t step = 0; step < width; ++step) {
                const int32_t x = ahead > 0 ? step : width - 1 - step;
                const int64_t pixel = (int64_t)y * width + x;
                if (exact[pixel]) continue;
                float color[4];
                for (int32_t d = 0; d < dimensions; ++d) {
                    const float value = features[pixel * dimensions + d];
                    const float wanted = value + here[(size_t)(x + 1) * 4 + d];
                    // Errors that no entry can make good would pile up.
                    color[d] = std::min(std::max(wanted, std::min(low[d], value)), std::max(high[d], value));
                }
                const int32_t k = HP_CALL(hp_nearest_entry)(entries, dimensions, count, color);
                indices[pixel] = (uint8_t)k;
                for (int32_t d = 0; d < dimensions; ++d) {
                    const float error = (color[d] - entries[d][k]) * strength * 0.0625f;
                    here[(size_t)(x + 1 + ahead) * 4 + d] += 7 * error;
                    below[(size_t)(x + 1 - ahead) * 4 + d] += 3 * error;
                    below[(size_t)(x + 1) * 4 + d] += 5 * error;
                    below[(size_t)(x + 1 + ahead) * 4 + d] += error;
                }
            }
            here.swap(below);
        }
        std::copy(here.begin(), here.end(), errors);
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
    return HP_OK;
}
