// Which bands of tiles have to be scored: those with something in them, or around them, that differs.
#pragma once
#include <cstring>
#include <vector>

#include "pyramid.h"

// Where something is so of a result and its original: one answer for each cell.
class Mask {
   public:
    // is_so(first, count): of so many pixels of both pictures.
    template <class Question>
    Mask(const Scale &scale, int32_t threads, const Question &is_so)
        : height(scale.height), columns(cut(scale.width, CELL)), answers((size_t)height * columns) {
        for_rows(scale, threads, [&](int32_t y, int32_t) {
            for (int32_t i = 0; i < columns; ++i) {
                const int32_t count = std::min<int32_t>(scale.width - i * CELL, CELL);
                answers[(size_t)y * columns + i] = is_so((int64_t)y * scale.width + i * CELL, count);
            }
        });
    }

    bool any() const { return std::memchr(answers.data(), 1, answers.size()) != nullptr; }

    // Of the pixels that row y of a tile of scale s, and RADIUS pixels beside it, are made of.
    bool in_row(const Tile &tile, int32_t s, int32_t y) const {
        const int32_t left = (tile.x < RADIUS ? 0 : tile.x - RADIUS) >> (CELL_BITS - s);
        const int32_t right = (tile.x + tile.width + RADIUS) >> (CELL_BITS - s);
        const size_t count = (size_t)(std::min(right, columns - 1) - left + 1);
        for (int32_t row = y << s; row < (y + 1) << s && row < height; ++row)
            if (std::memchr(&answers[(size_t)row * columns + left], 1, count)) return true;
        return false;
    }

   private:
    enum { CELL_BITS = 5, CELL = 1 << CELL_BITS };  // pixels in a row; as many as one has at the last scale
    int32_t height, columns;
    std::vector<uint8_t> answers;
};

inline bool alike(const Picture &a, const Picture &b, int64_t first, int32_t count) {
    if (a.channels == b.channels) return !std::memcmp(a.at(first), b.at(first), (size_t)(count * a.channels));
    for (int64_t i = first; i < first + count; ++i)
        if (a.color(i) != b.color(i)) return false;
    return true;
}

inline bool is_opaque(const Picture &picture, int64_t first, int32_t count) {
    if (picture.channels == 3) return true;
    for (int64_t i = first; i < first + count; ++i)
        if (picture.color(i) < 0xff000000u) return false;
    return true;
}

// Which bands of a tile have something in them or around them.
struct Bands {
    bool any = false, chosen[TILE_HEIGHT / BAND] = {};

    Bands(const Tile &tile, int32_t s, const Mask &mask) {
        const int32_t end = std::min(tile.height + RADIUS, tile.scale->height - tile.y);
        for (int32_t y = -std::min<int32_t>(RADIUS, tile.y); y < end; ++y)
            if (mask.in_row(tile, s, tile.y + y)) choose_around(tile, y);
    }

    void choose_around(const Tile &tile, int32_t y) {
        any = true;
        const int32_t last = std::min(y + RADIUS, tile.height - 1) / BAND;
        for (int32_t band = std::max(y - RADIUS, 0) / BAND; band <= last; ++band) chosen[band] = true;
    }

    void leave_only(const Bands &others) {
        any = false;
        for (int32_t band = 0; band < TILE_HEIGHT / BAND; ++band) any |= chosen[band] &= others.chosen[band];
    }
};
