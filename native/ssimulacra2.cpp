// SSIMULACRA2 (Jon Sneyers 2022): a picture is compared with its original at six scales in a positive XYB space, by the
// structural similarity of each 11x11 neighbourhood and by the edges that were added and lost.
//
// Each scale is cut into tiles, and a tile is scored in bands of a few rows. These stream through rings of the last 16
// horizontally blurred rows, so that all a tile touches stays in the processor's cache; the sums of a band depend on
// nothing but the tile, and are added from left to right, whatever the number of threads. Outside the picture a row is
// 0, and a column is mirrored. Bands around which the result is its original are left out: all their errors are exactly 0.
#include "ssimulacra2.h"

#include <algorithm>
#include <new>
#include <optional>
#include <vector>

#include "bands.h"
#include "huepress.h"
#include "pyramid.h"
#include "threads.h"

namespace {

enum { RING = 16 };
enum { SUMS = 18 };  // per channel: ssim, artifact and detail lost, each plain and to the fourth power
static_assert(RING >= BAND + 2 * RADIUS, "a ring holds all rows that a band is blurred from");

enum { ORIGINAL, RESULT };
enum { MEAN_A, SQUARE_A, MEAN_B, SQUARE_B, SQUARE_OF_DIFFERENCE, MAPS };  // what is blurred; a: original, b: result

// The memory of one thread.
class Scratch {
   public:
    explicit Scratch(const Scales &scales)
        : longest(scales.scale[0].tile_width + 2 * MARGIN), memory((int64_t)ROWS * longest) {}

    float *xyb(int32_t picture, int32_t channel, int32_t y) { return ring(3 * picture + channel, y) + MARGIN; }
    float *blurred_row(int32_t channel, int32_t map, int32_t y) { return ring(6 + MAPS * channel + map, y); }
    float *blurred(int32_t map, int32_t i) { return row(BLURRED + map * BAND + i); }  // of one channel, row i of a band
    float *linear(int32_t channel) { return row(LINEAR + channel); }
    float *square() { return row(SQUARE) + MARGIN; }

   private:
    enum { RINGS = 6 + 3 * MAPS, BLURRED = RINGS * RING, LINEAR = BLURRED + MAPS * BAND, SQUARE = LINEAR + 3, ROWS };
    int32_t longest;
    Floats memory;

    float *row(int32_t i) { return memory.data() + (int64_t)i * longest; }
    float *ring(int32_t plane, int32_t y) { return row(plane * RING + (y & (RING - 1))); }
};

// One tile of one pair of pictures.
class Scorer {
   public:
    // With a cache, the pyramid of the original is not read.
    Scorer(const Pyramid &original, const float *cache, const Pyramid &result, const Tile &tile, Scratch &scratch)
        : original(original), cache(cache), result(result), tile(tile), scratch(scratch), width(tile.padded_width()) {}

    // Writes the sums of the chosen bands of the tile.
    void score(const Bands &bands, double *sums) {
        int32_t y = -RADIUS;
        for (int32_t at = 0; at < tile.height; at += BAND) {
            if (!bands.chosen[at / BAND]) continue;
            for (y = std::max(y, at - RADIUS); y < std::min(at + BAND, tile.height) + RADIUS; ++y) read(y);
            double *const own = sums + at / BAND * SUMS;
            std::fill(own, own + SUMS, 0.0);
            for (int32_t c = 0; c < 3; ++c) score_band(c, at, own + 6 * c);
        }
    }

   private:
    const Pyramid &original;
    const float *cache;
    const Pyramid &result;
    const Tile &tile;
    Scratch &scratch;
    const int32_t width;

    const float *original_xyb(int32_t channel, int32_t y) {
        if (!cache) return scratch.xyb(ORIGINAL, channel, y);
        return aligned(cache) + tile.scale->cached(tile.x / tile.scale->tile_width, tile.mirrored(y), channel);
    }

    void read(int32_t y) {
        if (!cache) read_picture(original, ORIGINAL, y);
        read_picture(result, RESULT, y);
        for (int32_t c = 0; c < 3; ++c) blur_rows(c, y);
    }

    void read_picture(const Pyramid &picture, int32_t which, int32_t y) {
        float *room[3] = {scratch.linear(0), scratch.linear(1), scratch.linear(2)};
        float *xyb[3] = {scratch.xyb(which, 0, y), scratch.xyb(which, 1, y), scratch.xyb(which, 2, y)};
        read_xyb(picture, *tile.scale, tile.mirrored(y), tile.x, width, room, xyb);
    }

    void blur_rows(int32_t c, int32_t y) {
        const int32_t whole = width + 2 * MARGIN;
        const float *a = original_xyb(c, y), *b = scratch.xyb(RESULT, c, y);
        float *square = scratch.square(), *start = square - MARGIN;
        blur_row(a, c, MEAN_A, y);
        blur_row(b, c, MEAN_B, y);
        HP_CALL(hp_square)(a - MARGIN, whole, start);
        blur_row(square, c, SQUARE_A, y);
        HP_CALL(hp_square)(b - MARGIN, whole, start);
        blur_row(square, c, SQUARE_B, y);
        HP_CALL(hp_square_of_difference)(a - MARGIN, b - MARGIN, whole, start);
        blur_row(square, c, SQUARE_OF_DIFFERENCE, y);
    }

    void blur_row(const float *row, int32_t c, int32_t map, int32_t y) {
        HP_CALL(hp_blur_row)(row, width, scratch.blurred_row(c, map, y));
    }

    void score_band(int32_t c, int32_t at, double *sums) {
        for (int32_t map = 0; map < MAPS; ++map) blur_columns(c, map, at);
        for (int32_t i = 0; i < std::min<int32_t>(BAND, tile.height - at); ++i) {
            HP_CALL(hp_subtract_square)(scratch.blurred(MEAN_A, i), width, scratch.blurred(SQUARE_A, i));
            HP_CALL(hp_error_maps)(original_xyb(c, at + i), scratch.blurred(MEAN_A, i), scratch.blurred(SQUARE_A, i),
                                   scratch.xyb(RESULT, c, at + i), scratch.blurred(MEAN_B, i),
                                   scratch.blurred(SQUARE_B, i), scratch.blurred(SQUARE_OF_DIFFERENCE, i), tile.width,
                                   sums);
        }
    }

    // Past the end of the tile a band is anything.
    void blur_columns(int32_t c, int32_t map, int32_t at) {
        const float *rows[BAND + 2 * RADIUS];
        float *blurred[BAND];
        for (int32_t i = 0; i < BAND + 2 * RADIUS; ++i) rows[i] = scratch.blurred_row(c, map, at + i - RADIUS);
        for (int32_t i = 0; i < BAND; ++i) blurred[i] = scratch.blurred(map, i);
        HP_CALL(hp_blur_columns)(rows, width, blurred);
    }
};

// work(tile, scratch) for every tile, on all threads.
template <class Work>
void for_tiles(const Scales &scales, int32_t threads, const Work &work) {
    hp_run_items(threads, scales.tiles, [&] {
        return [&, scratch = Scratch(scales)](int64_t i) mutable { work(Tile(scales, i), scratch); };
    });
}

// The sums of each band of each tile, by column, then band of all scales.
class Sums {
   public:
    explicit Sums(const Scales &scales) : scales(scales), sums((size_t)scales.scale[0].columns * scales.bands * SUMS) {}

    double *of(const Tile &tile) {
        const int32_t column = tile.x / tile.scale->tile_width, band = tile.scale->first_band + tile.y / BAND;
        return &sums[((size_t)column * scales.bands + band) * SUMS];
    }

    void add_columns(double *totals) const {
        std::fill(totals, totals + (size_t)scales.bands * SUMS, 0.0);
        for (size_t i = 0; i < sums.size(); ++i) totals[i % ((size_t)scales.bands * SUMS)] += sums[i];
    }

   private:
    const Scales &scales;
    std::vector<double> sums;
};

}  // namespace

int64_t hp_ssimulacra2_cache_size(int32_t width, int32_t height) {
    return Scales(width, height).floats + HP_LANE_COUNT;
}

int32_t hp_ssimulacra2_cache(const uint8_t *original, int32_t channels, int32_t grey, int32_t width, int32_t height,
                             int32_t threads, float *cache) {
    try {
        const Scales scales(width, height);
        const Pyramid pyramid(Picture{original, channels, nullptr}, grey, scales, threads);
        for (int32_t s = 0; s < scales.count; ++s) {
            const Scale &scale = scales.scale[s];
            for_rows(scale, threads, [&](int32_t y, int32_t) {
                float linear[3][TILE_WIDTH + 2 * MARGIN];
                float *room[3] = {linear[0], linear[1], linear[2]}, *xyb[3];
                for (int32_t column = 0; column < scale.columns; ++column) {
                    for (int32_t c = 0; c < 3; ++c) xyb[c] = aligned(cache) + scale.cached(column, y, c);
                    read_xyb(pyramid, scale, y, column * scale.tile_width, scale.tile_width, room, xyb);
                }
            });
        }
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
    return HP_OK;
}

int32_t hp_ssimulacra2_bands(int32_t width, int32_t height, int32_t *bands) {
    const Scales scales(width, height);
    for (int32_t s = 0; s < scales.count; ++s) bands[s] = scales.scale[s].bands();
    return scales.count;
}

// Over a second grey level, only what has translucent pixels in it or around it differs from what is over the first.
int32_t hp_ssimulacra2(const uint8_t *original, int32_t original_channels, const float *const *caches,
                       const uint8_t *result, int32_t result_channels, const uint8_t *palette, const int32_t *greys,
                       int32_t grey_count, int32_t width, int32_t height, int32_t threads, double *totals) {
    try {
        const Scales scales(width, height), none(0, 0);
        const Picture before = {original, original_channels, nullptr}, after = {result, result_channels, palette};
        const Mask changed(scales.scale[0], threads, [&](int64_t first, int32_t count) {
            return !alike(before, after, first, count);
        });
        std::optional<Mask> translucent;
        if (grey_count > 1)
            translucent.emplace(scales.scale[0], threads, [&](int64_t first, int32_t count) {
                return !(is_opaque(before, first, count) && is_opaque(after, first, count));
            });
        Sums sums(scales);
        for (int32_t i = 0; i < grey_count; ++i) {
            if (i == 0 ? changed.any() : translucent->any()) {
                const Pyramid from(before, greys[i], caches ? none : scales, threads);
                const Pyramid to(after, greys[i], scales, threads);
                for_tiles(scales, threads, [&](const Tile &tile, Scratch &scratch) {
                    const int32_t s = (int32_t)(tile.scale - scales.scale);
                    Bands bands(tile, s, changed);
                    if (i > 0) bands.leave_only(Bands(tile, s, *translucent));
                    if (bands.any)
                        Scorer(from, caches ? caches[i] : nullptr, to, tile, scratch).score(bands, sums.of(tile));
                });
            }
            sums.add_columns(totals + (size_t)i * scales.bands * SUMS);
        }
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
    return HP_OK;
}
