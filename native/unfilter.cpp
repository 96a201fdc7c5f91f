// PNG's filters undone (PNG specification, third edition, section 9): rows of differences become pixels.
#include <cstdlib>
#include <new>
#include <vector>

#include "huepress.h"

namespace {

enum Filter : uint8_t { kNone, kSub, kUp, kAverage, kPaeth };

// The neighbour that is nearest to left + up - corner; ties go to the left, then up.
uint8_t paeth(int32_t left, int32_t up, int32_t corner) {
    const int32_t to_left = std::abs(up - corner), to_up = std::abs(left - corner);
    const int32_t to_corner = std::abs(left + up - 2 * corner);
    const int32_t vertical = to_up <= to_corner ? up : corner;
    return (uint8_t)(to_left <= to_up && to_left <= to_corner ? left : vertical);
}

template <int32_t Channels>
void undo_average(const uint8_t *row, int64_t width, const uint8_t *above, uint8_t *out) {
    int32_t left[Channels] = {};
    for (int64_t i = 0; i < width * Channels; i += Channels)
        for (int32_t c = 0; c < Channels; ++c)
            out[i + c] = (uint8_t)(left[c] = (uint8_t)(row[i + c] + (left[c] + above[i + c]) / 2));
}

template <int32_t Channels>
void undo_paeth(const uint8_t *row, int64_t width, const uint8_t *above, uint8_t *out) {
    int32_t left[Channels] = {}, corner[Channels] = {};
    for (int64_t i = 0; i < width * Channels; i += Channels)
        for (int32_t c = 0; c < Channels; ++c) {
            const int32_t up = above[i + c];
            out[i + c] = (uint8_t)(left[c] = (uint8_t)(row[i + c] + paeth(left[c], up, corner[c])));
            corner[c] = up;
        }
}

template <int32_t Channels>
bool undo(uint8_t filter, const uint8_t *row, int64_t width, const uint8_t *above, uint8_t *out) {
    const int64_t size = width * Channels;
    uint8_t left[Channels] = {};
    switch (filter) {
        case kNone:
            for (int64_t i = 0; i < size; ++i) out[i] = row[i];
            return true;
        case kSub:
            for (int64_t i = 0; i < size; i += Channels)
                for (int32_t c = 0; c < Channels; ++c) out[i + c] = left[c] = (uint8_t)(left[c] + row[i + c]);
            return true;
        case kUp:
            for (int64_t i = 0; i < size; ++i) out[i] = (uint8_t)(row[i] + above[i]);
            return true;
        case kAverage:
            undo_average<Channels>(row, width, above, out);
            return true;
        case kPaeth:
            undo_paeth<Channels>(row, width, above, out);
            return true;
        default:
            return false;
    }
}

template <int32_t Channels>
int32_t unfilter(const uint8_t *rows, int64_t height, int64_t width, uint8_t *pixels) {
    try {
        const std::vector<uint8_t> nothing((size_t)(width * Channels));  // above the first row
        const uint8_t *above = nothing.data();
        for (int64_t y = 0; y < height; ++y) {
            const uint8_t *row = rows + y * (1 + width * Channels);
            uint8_t *out = pixels + y * width * Channels;
            if (!undo<Channels>(row[0], row + 1, width, above, out)) return HP_WRONG_FILTER;
            above = out;
        }
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}

}  // namespace

int32_t hp_unfilter(const uint8_t *rows, int64_t height, int64_t width, int32_t channels, uint8_t *pixels) {
    return channels == 3 ? unfilter<3>(rows, height, width, pixels) : unfilter<4>(rows, height, width, pixels);
}
