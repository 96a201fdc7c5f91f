// SSIMULACRA2 (Jon Sneyers 2022): a picture is compared with its original at six scales in a positive XYB space, by the
// structural similarity of each 11x11 neighbourhood and by the edges that were added and lost.
//
// Each scale is cut into tiles, and a tile is scored in bands of a few rows. These stream through rings of the last 16
// horizontally blurred rows, so that all a tile touches stays in the processor's cache; the sums of a band depend on
// nothing but the tile, and are added from left to right, whatever the number of threads. Outside the picture a row is
// 0, and a column is mirrored. Bands around which the result is its original are left out: all their errors are exactly 0.
#include "ssimulacra2.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <optional>
#include <vector>

#include "huepress.h"
#include "tables.h"
#include "threads.h"

namespace {

enum { RADIUS = HP_BLUR_RADIUS, BAND = HP_BLURRED_ROWS, RING = 16, MARGIN = HP_LANE_COUNT };
enum { SCALES = 6, SMALLEST = 8, TILE_WIDTH = 256, TILE_HEIGHT = 128 };
enum { PIXELS_PER_THREAD = 1 << 14 };  // of a scale: fewer take less time than to start a thread
enum { SUMS = 18 };  // per channel: ssim, artifact and detail lost, each plain and to the fourth power
static_assert(RING >= BAND + 2 * RADIUS, "a ring holds all rows that a band is blurred from");

int32_t cut(int32_t length, int32_t parts) { return (length + parts - 1) / parts; }
int32_t whole(int32_t count, int32_t unit) { return cut(count, unit) * unit; }
int32_t whole_lanes(int32_t count) { return whole(count, HP_LANE_COUNT); }

template <class Float>
Float *aligned(Float *p) {
    return p + (0 - (uintptr_t)p / sizeof(float)) % HP_LANE_COUNT;
}

// Floats from a line of the processor's cache on, with anything in them. Many are had with few page faults.
class Floats {
   public:
    explicit Floats(int64_t count)
        : size(((size_t)count + HP_LANE_COUNT) * sizeof(float)),
          floats(size < PAGES ? new float[size / sizeof(float)] : (float *)hp_new_pages(size)) {}
    Floats(const Floats &) = delete;
    Floats &operator=(const Floats &) = delete;
    ~Floats() {
        if (size < PAGES) delete[] floats;
        else hp_free_pages((uint8_t *)floats, size);
    }
    float *data() const { return aligned(floats); }

   private:
    enum { PAGES = 1 << 20 };
    size_t size;
    float *floats;
};

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

// sRGB pixels; with one channel, indices into 256 RGBA entries.
struct Picture {
    const uint8_t *pixels;
    int32_t channels;
    const uint8_t *palette;

    const uint8_t *at(int64_t i) const { return pixels + i * channels; }
    uint32_t color(int64_t i) const {
        const uint8_t *p = channels == 1 ? palette + 4 * (int64_t)*at(i) : at(i);
        return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)(channels == 3 ? 255 : p[3]) << 24;
    }
};

// What levels are in linear light; for indices, what the entries are there, by channel, and in XYB.
struct Tables {
    float linear[3][256], xyb[3][256];

    Tables(const Picture &picture, int32_t grey) {
        float of_level[256];
        for (int32_t level = 0; level < 256; ++level) {
            const double v = level / 255.0;
            of_level[level] = (float)(v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4));
        }
        float *rows[3] = {linear[0], linear[1], linear[2]}, *out[3] = {xyb[0], xyb[1], xyb[2]};
        if (picture.channels == 1) {
            const float *const same[3] = {of_level, of_level, of_level};
            const HpPixels entries = {picture.palette, 4, grey};
            HP_CALL(hp_translate)(same, &entries, 256, rows);
            HP_CALL(hp_positive_xyb)(rows, 256, out);
        } else {
            for (float *row : rows) std::memcpy(row, of_level, sizeof of_level);
        }
    }
};

// A picture in linear light: the first scale is looked up in its pixels, the others are kept.
class Pyramid {
   public:
    Pyramid(const Picture &picture, int32_t grey, const Scales &scales, int32_t threads)
        : picture(picture), grey(grey), all(scales), planes(3 * scales.pixels), tables(picture, grey) {
        const int64_t room = 6 * (int64_t)scales.scale[0].padded_width();
        const Floats rows(threads * room);
        for (int32_t s = 1; s < scales.count; ++s) {
            const Scale &scale = scales.scale[s];
            for_rows(scale, threads, [&](int32_t y, int32_t i) { halve(s, y, rows.data() + i * room); });
        }
    }

    // Row y of a scale from x on in XYB, three channels; `room` is for as many pixels.
    void read_xyb(const Scale &scale, int32_t y, int32_t x, int32_t count, float *const *room, float *const *xyb) const {
        if (&scale == all.scale && picture.channels == 1) return translate(tables.xyb, y, x, count, xyb);
        const float *linear[3];
        read(scale, y, x, count, room, linear);
        HP_CALL(hp_positive_xyb)(linear, count, xyb);
    }

   private:
    const Picture picture;
    const int32_t grey;
    const Scales &all;
    const Floats planes;
    const Tables tables;

    float *row(const Scale &scale, int32_t channel, int32_t y) const {
        return planes.data() + 3 * scale.first_pixel + ((int64_t)channel * scale.height + y) * scale.padded_width();
    }

    void translate(const float (&table)[3][256], int32_t y, int32_t x, int32_t count, float *const *out) const {
        const float *const of_channel[3] = {table[0], table[1], table[2]};
        const HpPixels from = {picture.at((int64_t)y * all.scale->width + x), picture.channels, grey};
        HP_CALL(hp_translate)(of_channel, &from, count, out);
    }

    // Row y of a scale from x on in linear light; `count` pixels of the first scale are looked up in `room`.
    void read(const Scale &scale, int32_t y, int32_t x, int32_t count, float *const *room, const float **rows) const {
        for (int32_t c = 0; c < 3; ++c) rows[c] = &scale == all.scale ? room[c] : row(scale, c, y) + x;
        if (&scale == all.scale) translate(tables.linear, y, x, count, room);
    }

    // Row y of scale s: means of 2x2 pixels of the scale before; the last row and column may stand for two.
    void halve(int32_t s, int32_t y, float *rooms) {
        const Scale &to = all.scale[s], &from = all.scale[s - 1];
        float *room[6];
        for (int32_t i = 0; i < 6; ++i) room[i] = rooms + i * (int64_t)from.padded_width();
        const float *upper[3], *lower[3];
        read(from, 2 * y, 0, from.width, room, upper);
        read(from, std::min(2 * y + 1, from.height - 1), 0, from.width, room + 3, lower);
        for (int32_t c = 0; c < 3; ++c) HP_CALL(hp_halve)(upper[c], lower[c], from.width, row(to, c, y));
    }
};

// Where something is so of a result and its original: one answer for each cell.
class Cells {
   public:
    // is_so(first, count): of so many pixels of both pictures.
    template <class Question>
    Cells(const Scale &scale, int32_t threads, const Question &is_so)
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

bool alike(const Picture &a, const Picture &b, int64_t first, int32_t count) {
    if (a.channels == b.channels) return !std::memcmp(a.at(first), b.at(first), (size_t)(count * a.channels));
    for (int64_t i = first; i < first + count; ++i)
        if (a.color(i) != b.color(i)) return false;
    return true;
}

bool is_opaque(const Picture &picture, int64_t first, int32_t count) {
    if (picture.channels == 3) return true;
    for (int64_t i = first; i < first + count; ++i)
        if (picture.color(i) < 0xff000000u) return false;
    return true;
}

// Which bands of a tile have something in them or around them.
struct Bands {
    bool any = false, chosen[TILE_HEIGHT / BAND] = {};

    Bands(const Tile &tile, int32_t s, const Cells &cells) {
        const int32_t end = std::min(tile.height + RADIUS, tile.scale->height - tile.y);
        for (int32_t y = -std::min<int32_t>(RADIUS, tile.y); y < end; ++y)
            if (cells.in_row(tile, s, tile.y + y)) choose_around(tile, y);
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

// Pixels x - MARGIN .. x + width + MARGIN - 1 of row y of a scale in XYB, 0 outside the picture.
void read_xyb(const Pyramid &picture, const Scale &scale, int32_t y, int32_t x, int32_t width, float *const *room,
              float *const *xyb) {
    const int32_t left = std::min<int32_t>(x, MARGIN), count = left + std::min(scale.width - x, width + MARGIN);
    float *start[3] = {xyb[0] - left, xyb[1] - left, xyb[2] - left};
    picture.read_xyb(scale, y, x - left, count, room, start);
    for (int32_t c = 0; c < 3; ++c) {
        std::memset(xyb[c] - MARGIN, 0, (size_t)(MARGIN - left) * sizeof(float));
        std::memset(start[c] + count, 0, (size_t)(left + width + MARGIN - count) * sizeof(float));
    }
}

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
        const Cells changed(scales.scale[0], threads, [&](int64_t first, int32_t count) {
            return !alike(before, after, first, count);
        });
        std::optional<Cells> translucent;
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
