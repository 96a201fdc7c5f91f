// SSIMULACRA2 (Jon Sneyers 2022): a picture is compared with its original at six scales in a positive XYB space, by the
// structural similarity of each 11x11 neighbourhood and by the edges that were added and lost.
//
// Each scale is cut into tiles, and a tile is scored in bands of a few rows. These stream through rings of the last 16
// horizontally blurred rows, so that all a tile touches stays in the processor's cache; its sums depend on nothing but
// the tile, and are added in tile order, whatever the number of threads. Outside the picture a row is 0, and a column is
// mirrored. Bands around which the result is its original are left out: all their errors are exactly 0.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <new>
#include <vector>

#include "huepress.h"
#include "lanes.h"
#include "tables.h"
#include "threads.h"

namespace {

enum { RADIUS = HP_BLUR_RADIUS, BAND = HP_BLURRED_ROWS, RING = 16, MARGIN = HP_LANE_COUNT };
enum { SCALES = 6, SMALLEST = 8, TILE_WIDTH = 256, TILE_HEIGHT = 128 };
enum { PIXELS_PER_THREAD = 1 << 14 };  // of a scale: fewer take less time than to start a thread
enum { SUMS = 18 };  // per channel: ssim, artifact and detail lost, each plain and to the fourth power
static_assert(RING >= BAND + 2 * RADIUS, "a ring holds all rows that a band is blurred from");

int32_t cut(int32_t length, int32_t parts) { return (length + parts - 1) / parts; }
int32_t whole_lanes(int32_t count) { return cut(count, HP_LANE_COUNT) * HP_LANE_COUNT; }

float *aligned(float *p) { return p + (0 - (uintptr_t)p / sizeof(float)) % HP_LANE_COUNT; }

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
    int64_t first_pixel, first_tile, first_float;  // in the pyramid, of all tiles, in the cache

    int32_t padded_width() const { return whole_lanes(width); }
    int32_t stride() const { return tile_width + 2 * MARGIN; }
    int64_t tiles() const { return (int64_t)columns * rows; }
    int32_t xyb_rows() const { return tile_height + 2 * RADIUS; }
    int32_t blurred_rows() const { return cut(tile_height, BAND) * BAND; }
    int64_t record() const {  // floats of a tile in the cache
        return 3 * ((int64_t)stride() * xyb_rows() + 2 * (int64_t)tile_width * blurred_rows());
    }
};

struct Scales {
    Scale scale[SCALES] = {};
    int32_t count = 0;
    int64_t pixels = 0, tiles = 0, floats = 0;

    Scales(int32_t width, int32_t height) {
        for (; count < SCALES && width >= SMALLEST && height >= SMALLEST; ++count) {
            Scale &s = scale[count];
            s.width = width, s.height = height;
            s.columns = cut(width, TILE_WIDTH), s.rows = cut(height, TILE_HEIGHT);
            s.tile_width = whole_lanes(cut(width, s.columns));
            s.tile_height = cut(height, s.rows);
            s.first_pixel = pixels, s.first_tile = tiles, s.first_float = floats;
            if (count) pixels += (int64_t)s.padded_width() * height;
            tiles += s.tiles();
            floats += s.tiles() * s.record();
            width = cut(width, 2), height = cut(height, 2);
        }
    }
};

struct Tile {
    const Scale *scale;
    int64_t index;  // of all tiles
    int32_t x, y, width, height;

    Tile(const Scales &scales, int64_t index) : scale(scales.scale), index(index) {
        while (index >= scale->first_tile + scale->tiles()) ++scale;
        const int32_t i = (int32_t)(index - scale->first_tile);
        x = i % scale->columns * scale->tile_width, y = i / scale->columns * scale->tile_height;
        width = std::min(scale->width - x, scale->tile_width);
        height = std::min(scale->height - y, scale->tile_height);
    }

    float *cached(float *cache) const {
        return aligned(cache) + scale->first_float + (index - scale->first_tile) * scale->record();
    }
};

// What a tile knows of the original: XYB with a border, and the mean and variance around each pixel; of all its rows, or
// of those of the last band.
class Record {
   public:
    Record(const Tile &tile, float *cache)
        : Record(*tile.scale, tile.cached(cache), tile.scale->xyb_rows(), tile.scale->blurred_rows(), -1, -1) {}
    Record(const Scale &scale, float *last) : Record(scale, last, RING, BAND, RING - 1, BAND - 1) {}

    float *xyb(int32_t channel, int32_t y) const {
        return start + ((int64_t)channel * rows + ((y + RADIUS) & mask)) * stride + MARGIN;
    }
    float *mean(int32_t channel, int32_t y) const { return blurred_row(channel, y); }
    float *variance(int32_t channel, int32_t y) const { return blurred_row(3 + channel, y); }

   private:
    float *start, *blurred;
    int32_t stride, width, rows, blurred_rows, mask, blurred_mask;

    Record(const Scale &scale, float *start, int32_t rows, int32_t blurred_rows, int32_t mask, int32_t blurred_mask)
        : start(start), blurred(start + 3 * (int64_t)rows * scale.stride()), stride(scale.stride()),
          width(scale.tile_width), rows(rows), blurred_rows(blurred_rows), mask(mask), blurred_mask(blurred_mask) {}

    float *blurred_row(int32_t plane, int32_t y) const {
        return blurred + ((int64_t)plane * blurred_rows + (y & blurred_mask)) * width;
    }
};

// A picture in linear light: the first scale is looked up in its pixels, the others are kept.
class Pyramid {
   public:
    Pyramid(const uint8_t *pixels, int32_t channels, int32_t grey, const Scales &scales, int32_t threads)
        : pixels(pixels), channels(channels), grey(grey), all(scales), planes(3 * scales.pixels) {
        for (int32_t level = 0; level < 256; ++level) {
            const double v = level / 255.0;
            linear[level] = (float)(v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4));
        }
        const int64_t room = 6 * (int64_t)scales.scale[0].padded_width();
        const Floats rows(threads * room);
        for (int32_t s = 1; s < scales.count; ++s) {
            const Scale &scale = scales.scale[s];
            const int64_t useful = (int64_t)scale.height * scale.width / PIXELS_PER_THREAD;
            const int32_t used = (int32_t)(useful < 1 ? 1 : useful < threads ? useful : threads);
            hp_run(used, [&](int32_t i) {
                for (int64_t y = hp_share(scale.height, used, i); y < hp_share(scale.height, used, i + 1); ++y)
                    halve(s, (int32_t)y, rows.data() + i * room);
            });
        }
    }

    // Row y of a scale from x on, three channels; `count` pixels of the first scale are looked up in `room`.
    void read(const Scale &scale, int32_t y, int32_t x, int32_t count, float *const *room, const float **rows) const {
        for (int32_t c = 0; c < 3; ++c) rows[c] = &scale == all.scale ? room[c] : row(scale, c, y) + x;
        if (&scale == all.scale) look_up(pixels + ((int64_t)y * scale.width + x) * channels, count, room);
    }

   private:
    const uint8_t *pixels;
    int32_t channels, grey;
    const Scales &all;
    const Floats planes;
    float linear[256];

    float *row(const Scale &scale, int32_t channel, int32_t y) const {
        return planes.data() + 3 * scale.first_pixel + ((int64_t)channel * scale.height + y) * scale.padded_width();
    }

    void look_up(const uint8_t *pixel, int32_t count, float *const *out) const {
        for (int32_t i = 0; i < count; ++i, pixel += channels)
            for (int32_t c = 0; c < 3; ++c) out[c][i] = linear[channels == 3 ? pixel[c] : over_grey(pixel[c], pixel[3])];
    }

    int32_t over_grey(int32_t level, int32_t alpha) const {
        return alpha == 255 ? level : (level * alpha + grey * (255 - alpha) + 127) / 255;
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

// Where a result differs from its original.
class Changes {
   public:
    Changes(const uint8_t *original, int32_t original_channels, const uint8_t *result, int32_t result_channels,
            const Scale &scale)
        : height(scale.height), cells(cut(scale.width, CELL)), changed((size_t)height * cells) {
        for (int32_t y = 0; y < height; ++y)
            for (int32_t i = 0; i < cells; ++i) {
                const int64_t first = (int64_t)y * scale.width + i * CELL;
                const int32_t count = scale.width - i * CELL < CELL ? scale.width - i * CELL : CELL;
                changed[(size_t)y * cells + i] = !alike(original + first * original_channels, original_channels,
                                                        result + first * result_channels, result_channels, count);
            }
    }

    // Whether pixels that row y of a tile of scale s, and RADIUS pixels beside it, are made of have changed.
    bool in_row(const Tile &tile, int32_t s, int32_t y) const {
        const int32_t left = (tile.x < RADIUS ? 0 : tile.x - RADIUS) >> (CELL_BITS - s);
        const int32_t right = (tile.x + tile.width + RADIUS) >> (CELL_BITS - s), last = right < cells ? right : cells - 1;
        for (int32_t row = y << s; row < (y + 1) << s && row < height; ++row)
            if (std::memchr(&changed[(size_t)row * cells + left], 1, (size_t)(last - left + 1))) return true;
        return false;
    }

   private:
    enum { CELL_BITS = 5, CELL = 1 << CELL_BITS };  // pixels in a row; as many as one has at the last scale
    int32_t height, cells;
    std::vector<uint8_t> changed;

    static bool alike(const uint8_t *a, int32_t a_channels, const uint8_t *b, int32_t b_channels, int32_t count) {
        if (a_channels == b_channels) return !std::memcmp(a, b, (size_t)(count * a_channels));
        const uint8_t *alpha = (a_channels == 4 ? a : b) + 3;
        for (int32_t i = 0; i < count; ++i, a += a_channels, b += b_channels)
            if (a[0] != b[0] || a[1] != b[1] || a[2] != b[2] || alpha[4 * i] != 255) return false;
        return true;
    }
};

// Which bands of a tile are scored.
struct Bands {
    bool any = false, scored[TILE_HEIGHT / BAND] = {};

    Bands(const Tile &tile, int32_t s, const Changes &changes) {
        const int32_t end = std::min(tile.height + RADIUS, tile.scale->height - tile.y);
        for (int32_t y = -std::min<int32_t>(RADIUS, tile.y); y < end; ++y)
            if (changes.in_row(tile, s, tile.y + y)) score_around(tile, y);
    }

    void score_around(const Tile &tile, int32_t y) {
        any = true;
        const int32_t last = std::min(y + RADIUS, tile.height - 1) / BAND;
        for (int32_t band = std::max(y - RADIUS, 0) / BAND; band <= last; ++band) scored[band] = true;
    }
};

// The memory of one thread.
class Scratch {
   public:
    explicit Scratch(const Scales &scales)
        : longest(scales.scale[0].tile_width + 2 * MARGIN), memory((int64_t)ROWS * longest) {}

    float *original(int32_t channel, int32_t power, int32_t y) { return ring(2 * channel + power, y); }
    float *result(int32_t channel, int32_t map, int32_t y) { return ring(6 + 3 * channel + map, y); }
    float *result_xyb(int32_t channel, int32_t y) { return ring(15 + channel, y) + MARGIN; }
    float *blurred(int32_t map, int32_t i) { return row(18 * RING + map * BAND + i); }
    float *linear(int32_t channel) { return row(FIRST_LINEAR + channel); }
    float *square() { return row(FIRST_LINEAR + 3) + MARGIN; }
    float *last_record() { return row(FIRST_LINEAR + 4); }

   private:
    enum { FIRST_LINEAR = 18 * RING + 3 * BAND, RECORD = 3 * (RING + 2 * BAND), ROWS = FIRST_LINEAR + 4 + RECORD };
    int32_t longest;
    Floats memory;

    float *row(int32_t i) { return memory.data() + (int64_t)i * longest; }
    float *ring(int32_t plane, int32_t y) { return row(plane * RING + (y & (RING - 1))); }
};

// Row y of a tile in XYB, from MARGIN pixels before it to MARGIN after it.
void read_xyb(const Pyramid &picture, const Tile &tile, int32_t y, Scratch &scratch, float *const *xyb) {
    const Scale &scale = *tile.scale;
    const int32_t left = std::min<int32_t>(tile.x, MARGIN), before = MARGIN - left;
    const int32_t count = left + std::min(scale.width - tile.x, scale.tile_width + MARGIN);
    int32_t source = tile.y + y;
    source = source < 0 ? -1 - source : source >= scale.height ? 2 * scale.height - 1 - source : source;
    const float *linear[3];
    float *room[3] = {scratch.linear(0), scratch.linear(1), scratch.linear(2)};
    float *start[3] = {xyb[0] - left, xyb[1] - left, xyb[2] - left};
    picture.read(scale, source, tile.x - left, count, room, linear);
    HP_CALL(hp_positive_xyb)(linear, count, start);
    for (int32_t c = 0; c < 3; ++c) {
        std::memset(xyb[c] - MARGIN, 0, (size_t)before * sizeof(float));
        std::memset(start[c] + count, 0, (size_t)(scale.stride() - before - count) * sizeof(float));
    }
}

template <class Ring>
void blur_columns(const Ring &ring, int32_t at, int32_t width, float *const *out) {
    const float *rows[BAND + 2 * RADIUS];
    for (int32_t i = 0; i < BAND + 2 * RADIUS; ++i) rows[i] = ring(at + i - RADIUS);
    HP_CALL(hp_blur_columns)(rows, width, out);
}

void read_original(const Pyramid &original, const Tile &tile, int32_t y, Scratch &scratch, const Record &record) {
    const int32_t width = tile.scale->tile_width, stride = tile.scale->stride();
    float *xyb[3] = {record.xyb(0, y), record.xyb(1, y), record.xyb(2, y)};
    read_xyb(original, tile, y, scratch, xyb);
    for (int32_t c = 0; c < 3; ++c) {
        HP_CALL(hp_square)(xyb[c] - MARGIN, stride, scratch.square() - MARGIN);
        HP_CALL(hp_blur_row)(xyb[c], width, scratch.original(c, 0, y));
        HP_CALL(hp_blur_row)(scratch.square(), width, scratch.original(c, 1, y));
    }
}

void record_band(const Tile &tile, int32_t at, Scratch &scratch, const Record &record) {
    const int32_t width = tile.scale->tile_width;
    for (int32_t c = 0; c < 3; ++c) {
        float *mean[BAND], *variance[BAND];
        for (int32_t i = 0; i < BAND; ++i) mean[i] = record.mean(c, at + i), variance[i] = record.variance(c, at + i);
        blur_columns([&](int32_t y) { return scratch.original(c, 0, y); }, at, width, mean);
        blur_columns([&](int32_t y) { return scratch.original(c, 1, y); }, at, width, variance);
        for (int32_t i = 0; i < BAND; ++i) HP_CALL(hp_subtract_square)(mean[i], width, variance[i]);
    }
}

void read_result(const Pyramid &result, const Tile &tile, int32_t y, Scratch &scratch, const Record &original) {
    const int32_t width = tile.scale->tile_width, stride = tile.scale->stride();
    float *xyb[3] = {scratch.result_xyb(0, y), scratch.result_xyb(1, y), scratch.result_xyb(2, y)};
    read_xyb(result, tile, y, scratch, xyb);
    for (int32_t c = 0; c < 3; ++c) {
        float *square = scratch.square(), *start = xyb[c] - MARGIN;
        HP_CALL(hp_blur_row)(xyb[c], width, scratch.result(c, 0, y));
        HP_CALL(hp_square)(start, stride, square - MARGIN);
        HP_CALL(hp_blur_row)(square, width, scratch.result(c, 1, y));
        HP_CALL(hp_square_of_difference)(original.xyb(c, y) - MARGIN, start, stride, square - MARGIN);
        HP_CALL(hp_blur_row)(square, width, scratch.result(c, 2, y));
    }
}

void score_band(const Tile &tile, int32_t at, Scratch &scratch, const Record &original, double *sums) {
    const int32_t width = tile.scale->tile_width, count = std::min<int32_t>(BAND, tile.height - at);
    for (int32_t c = 0; c < 3; ++c) {
        for (int32_t map = 0; map < 3; ++map) {
            float *out[BAND];
            for (int32_t i = 0; i < BAND; ++i) out[i] = scratch.blurred(map, i);
            blur_columns([&](int32_t y) { return scratch.result(c, map, y); }, at, width, out);
        }
        for (int32_t i = 0; i < count; ++i)
            HP_CALL(hp_error_maps)(original.xyb(c, at + i), original.mean(c, at + i), original.variance(c, at + i),
                                   scratch.result_xyb(c, at + i), scratch.blurred(0, i), scratch.blurred(1, i),
                                   scratch.blurred(2, i), tile.width, sums + 6 * c);
    }
}

// read(y) for each row that the bands are made of, once, and finish(at) for each band that starts at row `at`.
template <class Read, class Finish>
void stream(const Tile &tile, const bool *bands, const Read &read, const Finish &finish) {
    int32_t y = -RADIUS;
    for (int32_t at = 0; at < tile.height; at += BAND) {
        if (bands && !bands[at / BAND]) continue;
        for (y = std::max(y, at - RADIUS); y < std::min(at + BAND, tile.height) + RADIUS; ++y) read(y);
        finish(at);
    }
}

void record_tile(const Pyramid &original, const Tile &tile, Scratch &scratch, const Record &record) {
    stream(
        tile, nullptr, [&](int32_t y) { read_original(original, tile, y, scratch, record); },
        [&](int32_t at) { record_band(tile, at, scratch, record); });
}

// With `original`, the record is that of the last band, and made with it.
void score_tile(const Pyramid *original, const Pyramid &result, const Tile &tile, const Bands &bands, Scratch &scratch,
                const Record &record, double *sums) {
    const auto read = [&](int32_t y) {
        if (original) read_original(*original, tile, y, scratch, record);
        read_result(result, tile, y, scratch, record);
    };
    stream(tile, bands.scored, read, [&](int32_t at) {
        if (original) record_band(tile, at, scratch, record);
        score_band(tile, at, scratch, record, sums);
    });
}

// work(tile, scratch) for every tile, on all threads.
template <class Work>
void for_tiles(const Scales &scales, int32_t threads, const Work &work) {
    std::atomic<int64_t> next{0};
    hp_run((int32_t)std::min<int64_t>(threads, scales.tiles), [&](int32_t) {
        Scratch scratch(scales);
        for (int64_t i; (i = next.fetch_add(1)) < scales.tiles;) work(Tile(scales, i), scratch);
    });
}

void average(const Scales &scales, const std::vector<double> &sums, double *averages) {
    for (int32_t s = 0; s < scales.count; ++s) {
        const Scale &scale = scales.scale[s];
        double *means = averages + s * SUMS;
        for (int32_t i = 0; i < SUMS; ++i) {
            double sum = 0.0;
            for (int64_t t = 0; t < scale.tiles(); ++t) sum += sums[(size_t)((scale.first_tile + t) * SUMS + i)];
            const double mean = sum / ((double)scale.width * scale.height);
            means[i] = i % 2 ? std::sqrt(std::sqrt(mean)) : mean;
        }
    }
}

}  // namespace

int64_t hp_ssimulacra2_cache_size(int32_t width, int32_t height) {
    return Scales(width, height).floats + HP_LANE_COUNT;
}

int32_t hp_ssimulacra2_cache(const uint8_t *original, int32_t channels, int32_t grey, int32_t width, int32_t height,
                             int32_t threads, float *cache) {
    try {
        const Scales scales(width, height);
        const Pyramid pyramid(original, channels, grey, scales, threads);
        for_tiles(scales, threads, [&](const Tile &tile, Scratch &scratch) {
            record_tile(pyramid, tile, scratch, Record(tile, cache));
        });
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
    return HP_OK;
}

int32_t hp_ssimulacra2(const uint8_t *original, int32_t original_channels, const float *cache, const uint8_t *result,
                       int32_t result_channels, int32_t grey, int32_t width, int32_t height, int32_t threads,
                       int32_t *scale_count, double *averages) {
    try {
        const Scales scales(width, height), none(0, 0);
        const Changes changes(original, original_channels, result, result_channels, scales.scale[0]);
        const Pyramid from(original, original_channels, grey, cache ? none : scales, threads);
        const Pyramid to(result, result_channels, grey, scales, threads);
        std::vector<double> sums((size_t)(scales.tiles * SUMS));
        for_tiles(scales, threads, [&](const Tile &tile, Scratch &scratch) {
            const Bands bands(tile, (int32_t)(tile.scale - scales.scale), changes);
            if (!bands.any) return;
            const Record record = cache ? Record(tile, const_cast<float *>(cache))
                                        : Record(*tile.scale, scratch.last_record());
            score_tile(cache ? nullptr : &from, to, tile, bands, scratch, record, sums.data() + tile.index * SUMS);
        });
        average(scales, sums, averages);
        *scale_count = scales.count;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
    return HP_OK;
}
