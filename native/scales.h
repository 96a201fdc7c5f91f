// The scales at which SSIMULACRA2 compares pictures, the tiles of each, and where what belongs to them is in memory.
#pragma once
#include <algorithm>
#include <cstdint>

#include "ssimulacra2.h"
#include "threads.h"

enum { RADIUS = HP_BLUR_RADIUS, BAND = HP_BLURRED_ROWS, MARGIN = HP_LANE_COUNT };
enum { SCALES = 6, SMALLEST = 8, TILE_WIDTH = 256, TILE_HEIGHT = 128 };
enum { PIXELS_PER_THREAD = 1 << 14 };  // of a scale: fewer take less time than to start a thread

inline int32_t cut(int32_t length, int32_t parts) { return (length + parts - 1) / parts; }
inline int32_t whole(int32_t count, int32_t unit) { return cut(count, unit) * unit; }
inline int32_t whole_lanes(int32_t count) { return whole(count, HP_LANE_COUNT); }

struct Scale {
    int32_t width, height, columns, rows, tile_width, tile_height;
    int32_t first_band;  // of all scales
    int64_t first_pixel, first_tile, first_float;  // in the pyramid, of all tiles, in the cache

    int32_t padded_width() const { return whole_lanes(width); }
    int64_t cached_row() const { return tile_width + 2 * MARGIN; }
    int64_t tiles() const { return (int64_t)columns * rows; }
    int32_t bands() const { return cut(height, BAND); }

    int64_t cached_floats() const { return 3 * cached_row() * height * columns; }
    // Row y of a column of tiles in the cache: memory is then read in one sequence.
    int64_t cached(int32_t column, int32_t y, int32_t channel) const {
        return first_float + (((int64_t)column * height + y) * 3 + channel) * cached_row() + MARGIN;
    }
};

struct Scales {
    Scale scale[SCALES] = {};
    int32_t count = 0, bands = 0;
    int64_t pixels = 0, tiles = 0, floats = 0;

    Scales(int32_t width, int32_t height) {
        for (; count < SCALES && width >= SMALLEST && height >= SMALLEST; ++count) {
            Scale &s = scale[count];
            s.width = width, s.height = height;
            s.columns = cut(width, TILE_WIDTH), s.rows = cut(height, TILE_HEIGHT);
            s.tile_width = whole_lanes(cut(width, s.columns));
            s.tile_height = whole(cut(height, s.rows), BAND);
            s.first_band = bands;
            s.first_pixel = pixels, s.first_tile = tiles, s.first_float = floats;
            if (count) pixels += (int64_t)s.padded_width() * height;
            bands += s.bands();
            tiles += s.tiles();
            floats += s.cached_floats();
            width = cut(width, 2), height = cut(height, 2);
        }
    }
};

struct Tile {
    const Scale *scale;
    int32_t x, y, width, height;

    Tile(const Scales &scales, int64_t index) : scale(scales.scale) {
        while (index >= scale->first_tile + scale->tiles()) ++scale;
        const int32_t i = (int32_t)(index - scale->first_tile);
        x = i % scale->columns * scale->tile_width, y = i / scale->columns * scale->tile_height;
        width = std::min(scale->width - x, scale->tile_width);
        height = std::min(scale->height - y, scale->tile_height);
    }

    int32_t padded_width() const { return whole_lanes(width); }
    int32_t mirrored(int32_t own_y) const {  // the row of the picture for one of the tile, or near it
        const int32_t from_top = y + own_y;
        return from_top < 0 ? -1 - from_top : from_top < scale->height ? from_top : 2 * scale->height - 1 - from_top;
    }
};

// work(y, thread) for every row of a scale.
template <class Work>
void for_rows(const Scale &scale, int32_t threads, const Work &work) {
    const int32_t used = hp_paying_threads(threads, (int64_t)scale.height * scale.width, PIXELS_PER_THREAD);
    hp_run(used, [&](int32_t i) {
        for (int64_t y = hp_share(scale.height, used, i); y < hp_share(scale.height, used, i + 1); ++y)
            work((int32_t)y, i);
    });
}
