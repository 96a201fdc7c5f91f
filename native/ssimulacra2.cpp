// SSIMULACRA2 (Jon Sneyers 2022): a picture is compared with its original at six scales in a positive XYB space, by the
// structural similarity of each 11x11 neighbourhood and by the edges that were added and lost.
//
// Each scale is cut into tiles. A tile streams its rows through rings of the last 16 horizontally blurred rows, so that
// all it touches stays in the processor's cache; its sums depend on nothing but the tile, and are added in tile order,
// whatever the number of threads. Outside the picture a row is 0, and a column is mirrored. Rows around which the result
// is its original are left out: all their errors are exactly 0.
#include <atomic>
#include <cmath>
#include <cstring>
#include <new>
#include <vector>

#include "huepress.h"
#include "lanes.h"
#include "threads.h"

namespace {

enum { RADIUS = 5, TAPS = 11, RING = 16, MARGIN = 8, SCALES = 6, SMALLEST = 8, TILE_WIDTH = 256, TILE_HEIGHT = 128 };
enum { PIXELS_PER_THREAD = 1 << 14 };  // of a scale: fewer take less time than to start a thread
enum { SUMS = 18 };  // per channel: ssim, artifact and detail lost, each plain and to the fourth power

int32_t cut(int32_t length, int32_t parts) { return (length + parts - 1) / parts; }

struct Scale {
    int32_t width, height, columns, rows, tile_width, tile_height;
    int64_t first_pixel, first_tile, first_float;  // in the pyramid, of all tiles, in the cache

    int32_t stride() const { return tile_width + 2 * MARGIN; }
    int64_t tiles() const { return (int64_t)columns * rows; }
    int64_t plane() const { return (int64_t)stride() * (tile_height + 2 * RADIUS); }
    int64_t blurred_plane() const { return (int64_t)tile_width * tile_height; }
    int64_t record() const { return 3 * (plane() + 2 * blurred_plane()); }  // floats of a tile in the cache
};

struct Scales {
    Scale scale[SCALES] = {};
    int32_t count = 0;
    int64_t pixels = 0, tiles = 0, floats = 0, longest_record = 0;

    Scales(int32_t width, int32_t height) {
        for (; count < SCALES && width >= SMALLEST && height >= SMALLEST; ++count) {
            Scale &s = scale[count];
            s.width = width, s.height = height;
            s.columns = cut(width, TILE_WIDTH), s.rows = cut(height, TILE_HEIGHT);
            s.tile_width = cut(cut(width, s.columns), HP_LANE_COUNT) * HP_LANE_COUNT;
            s.tile_height = cut(height, s.rows);
            s.first_pixel = pixels, s.first_tile = tiles, s.first_float = floats;
            if (count) pixels += (int64_t)width * height;
            tiles += s.tiles();
            floats += s.tiles() * s.record();
            longest_record = s.record() > longest_record ? s.record() : longest_record;
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
        width = scale->width - x < scale->tile_width ? scale->width - x : scale->tile_width;
        height = scale->height - y < scale->tile_height ? scale->height - y : scale->tile_height;
    }

    float *cached(float *cache) const {
        return cache + scale->first_float + (index - scale->first_tile) * scale->record();
    }
};

// What a tile keeps of the original: XYB with a border, and the mean and variance around each pixel.
struct Record {
    float *start;
    const Scale &scale;

    float *xyb(int32_t channel, int32_t y) const {
        return start + channel * scale.plane() + (int64_t)(y + RADIUS) * scale.stride() + MARGIN;
    }
    float *mean(int32_t channel, int32_t y) const {
        return start + 3 * scale.plane() + channel * scale.blurred_plane() + (int64_t)y * scale.tile_width;
    }
    float *variance(int32_t channel, int32_t y) const { return mean(channel, y) + 3 * scale.blurred_plane(); }
};

// A picture in linear light: the first scale is looked up in its pixels, the others are kept.
class Pyramid {
   public:
    Pyramid(const uint8_t *pixels, int32_t channels, int32_t grey, const Scales &scales, int32_t threads)
        : pixels(pixels), channels(channels), grey(grey), all(scales), planes((size_t)(3 * scales.pixels)) {
        for (int32_t level = 0; level < 256; ++level) {
            const double v = level / 255.0;
            linear[level] = (float)(v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4));
        }
        std::vector<float> rows((size_t)threads * 6 * scales.scale[0].width);
        for (int32_t s = 1; s < scales.count; ++s) {
            const Scale &scale = scales.scale[s];
            const int64_t useful = (int64_t)scale.height * scale.width / PIXELS_PER_THREAD;
            const int32_t used = (int32_t)(useful < 1 ? 1 : useful < threads ? useful : threads);
            hp_run(used, [&](int32_t i) {
                float *own = rows.data() + (size_t)i * 6 * scales.scale[0].width;
                for (int64_t y = hp_share(scale.height, used, i); y < hp_share(scale.height, used, i + 1); ++y)
                    halve(s, (int32_t)y, own);
            });
        }
    }

    // Pixels x .. x + count - 1 of row y of a scale, into three rows.
    void read(const Scale &scale, int32_t y, int32_t x, int32_t count, float *const *out) const {
        if (&scale == all.scale) return look_up(pixels + ((int64_t)y * scale.width + x) * channels, count, out);
        for (int32_t c = 0; c < 3; ++c)
            std::memcpy(out[c], &planes[place(scale, c, y)] + x, (size_t)count * sizeof(float));
    }

   private:
    const uint8_t *pixels;
    int32_t channels, grey;
    const Scales &all;
    std::vector<float> planes;
    float linear[256];

    static size_t place(const Scale &scale, int32_t channel, int32_t y) {
        return (size_t)(3 * scale.first_pixel + ((int64_t)channel * scale.height + y) * scale.width);
    }

    void look_up(const uint8_t *pixel, int32_t count, float *const *out) const {
        if (channels == 3) {
            for (int32_t i = 0; i < count; ++i, pixel += 3)
                for (int32_t c = 0; c < 3; ++c) out[c][i] = linear[pixel[c]];
            return;
        }
        for (int32_t i = 0; i < count; ++i, pixel += 4)
            for (int32_t c = 0; c < 3; ++c)
                out[c][i] = linear[(pixel[c] * pixel[3] + grey * (255 - pixel[3]) + 127) / 255];
    }

    // Row y of scale s: means of 2x2 pixels of the scale before; the last row and column may stand for two.
    void halve(int32_t s, int32_t y, float *rows) {
        const Scale &to = all.scale[s], &from = all.scale[s - 1];
        const int32_t below = 2 * y + 1 < from.height ? 2 * y + 1 : 2 * y;
        float *upper[3], *lower[3];
        for (int32_t c = 0; c < 3; ++c) upper[c] = rows + c * from.width, lower[c] = upper[c] + 3 * from.width;
        read(from, 2 * y, 0, from.width, upper);
        read(from, below, 0, from.width, lower);
        for (int32_t c = 0; c < 3; ++c) {
            float *out = &planes[place(to, c, y)];
            const float *u = upper[c], *l = lower[c];
            for (int32_t x = 0; x < from.width / 2; ++x)
                out[x] = 0.25f * ((u[2 * x] + u[2 * x + 1]) + (l[2 * x] + l[2 * x + 1]));
            if (from.width % 2) out[to.width - 1] = 0.5f * (u[from.width - 1] + l[from.width - 1]);
        }
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

// Rows of a tile, from RADIUS before it to RADIUS after it: which are scored, and which are read for that.
struct Rows {
    bool any = false, scored[TILE_HEIGHT + 4 * RADIUS] = {}, read[TILE_HEIGHT + 4 * RADIUS] = {};

    Rows(const Tile &tile, int32_t s, const Changes &changes) {
        const int32_t rows = tile.height + 2 * RADIUS;
        for (int32_t i = 0; i < rows; ++i) {
            const int32_t y = tile.y + i - RADIUS;
            if (y >= 0 && y < tile.scale->height && changes.in_row(tile, s, y)) any = true, around(scored, i);
        }
        for (int32_t i = RADIUS; i < rows - RADIUS; ++i)
            if (scored[i]) around(read, i);
    }

    static void around(bool *rows, int32_t i) {
        for (int32_t near = i < RADIUS ? 0 : i - RADIUS; near <= i + RADIUS; ++near) rows[near] = true;
    }
};

// The memory of one thread.
struct Scratch {
    std::vector<float> record, rings, xyb, rows;

    Scratch(const Scales &scales, bool cached)
        : record(cached ? 0 : (size_t)scales.longest_record), rings(9 * RING * TILE_WIDTH),
          xyb(3 * RING * (TILE_WIDTH + 2 * MARGIN)), rows(3 * (TILE_WIDTH + 2 * MARGIN)) {}

    float *ring(int32_t plane, int32_t y) { return rings.data() + (plane * RING + (y & (RING - 1))) * TILE_WIDTH; }
    float *result(int32_t channel, int32_t y) {
        return xyb.data() + (channel * RING + (y & (RING - 1))) * (TILE_WIDTH + 2 * MARGIN) + MARGIN;
    }
    float *row(int32_t i) { return rows.data() + i * (TILE_WIDTH + 2 * MARGIN) + MARGIN; }

    void blur_column(int32_t plane, int32_t y, int32_t count, float *out) {
        const float *taps[TAPS];
        for (int32_t t = 0; t < TAPS; ++t) taps[t] = ring(plane, y + t - RADIUS);
        HP_CALL(hp_blur_column)(taps, count, out);
    }
};

// Row y of a tile in XYB, from RADIUS pixels before it to RADIUS after it and to the end of its lanes.
void read_xyb(const Pyramid &picture, const Tile &tile, int32_t y, Scratch &scratch, float *const *xyb) {
    const Scale &scale = *tile.scale;
    const int32_t left = tile.x < MARGIN ? tile.x : MARGIN, before = MARGIN - left;
    const int32_t space = scale.tile_width + MARGIN, there = scale.width - tile.x;
    const int32_t count = left + (there < space ? there : space);
    int32_t source = tile.y + y;
    source = source < 0 ? -1 - source : source >= scale.height ? 2 * scale.height - 1 - source : source;
    float *linear[3], *start[3], *out[3];
    for (int32_t c = 0; c < 3; ++c) {
        linear[c] = scratch.row(c) - MARGIN, start[c] = linear[c] + before, out[c] = xyb[c] - MARGIN;
        std::memset(linear[c], 0, (size_t)scale.stride() * sizeof(float));
    }
    picture.read(scale, source, tile.x - left, count, start);
    HP_CALL(hp_positive_xyb)(linear, scale.stride(), out);
    for (int32_t c = 0; c < 3; ++c) {
        std::memset(out[c], 0, (size_t)before * sizeof(float));
        std::memset(out[c] + before + count, 0, (size_t)(scale.stride() - before - count) * sizeof(float));
    }
}

void record_tile(const Pyramid &original, const Tile &tile, Scratch &scratch, const Record &record) {
    const int32_t width = tile.scale->tile_width, padded = tile.scale->stride();
    for (int32_t y = -RADIUS; y < tile.height + RADIUS; ++y) {
        float *xyb[3] = {record.xyb(0, y), record.xyb(1, y), record.xyb(2, y)};
        read_xyb(original, tile, y, scratch, xyb);
        for (int32_t c = 0; c < 3; ++c) {
            HP_CALL(hp_square)(xyb[c] - MARGIN, padded, scratch.row(0) - MARGIN);
            HP_CALL(hp_blur_row)(xyb[c], width, scratch.ring(3 * c, y));
            HP_CALL(hp_blur_row)(scratch.row(0), width, scratch.ring(3 * c + 1, y));
            if (y < RADIUS) continue;
            float *mean = record.mean(c, y - RADIUS), *variance = record.variance(c, y - RADIUS);
            scratch.blur_column(3 * c, y - RADIUS, width, mean);
            scratch.blur_column(3 * c + 1, y - RADIUS, width, variance);
            HP_CALL(hp_square)(mean, width, scratch.row(0));
            for (int32_t x = 0; x < width; ++x) variance[x] -= scratch.row(0)[x];
        }
    }
}

void score_tile(const Pyramid &result, const Tile &tile, const Rows &rows, Scratch &scratch, const Record &original,
                double *sums) {
    const int32_t width = tile.scale->tile_width, padded = tile.scale->stride();
    for (int32_t y = -RADIUS; y < tile.height + RADIUS; ++y) {
        if (!rows.read[y + RADIUS]) continue;
        float *xyb[3] = {scratch.result(0, y), scratch.result(1, y), scratch.result(2, y)};
        read_xyb(result, tile, y, scratch, xyb);
        for (int32_t c = 0; c < 3; ++c) {
            HP_CALL(hp_square)(xyb[c] - MARGIN, padded, scratch.row(0) - MARGIN);
            HP_CALL(hp_square_of_difference)(original.xyb(c, y) - MARGIN, xyb[c] - MARGIN, padded,
                                             scratch.row(1) - MARGIN);
            HP_CALL(hp_blur_row)(xyb[c], width, scratch.ring(3 * c, y));
            HP_CALL(hp_blur_row)(scratch.row(0), width, scratch.ring(3 * c + 1, y));
            HP_CALL(hp_blur_row)(scratch.row(1), width, scratch.ring(3 * c + 2, y));
            const int32_t at = y - RADIUS;
            if (at < 0 || !rows.scored[y]) continue;
            for (int32_t i = 0; i < 3; ++i) scratch.blur_column(3 * c + i, at, width, scratch.row(i));
            HP_CALL(hp_error_maps)(original.xyb(c, at), original.mean(c, at), original.variance(c, at),
                                   scratch.result(c, at), scratch.row(0), scratch.row(1), scratch.row(2), tile.width,
                                   sums + 6 * c);
        }
    }
}

// work(tile, scratch) for every tile, on all threads.
template <class Work>
void for_tiles(const Scales &scales, bool cached, int32_t threads, const Work &work) {
    threads = threads < scales.tiles ? threads : (int32_t)scales.tiles;
    std::vector<Scratch> scratches((size_t)threads, Scratch(scales, cached));
    std::atomic<int64_t> next{0};
    hp_run(threads, [&](int32_t thread) {
        for (int64_t i; (i = next.fetch_add(1)) < scales.tiles;) work(Tile(scales, i), scratches[(size_t)thread]);
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

int64_t hp_ssimulacra2_cache_size(int32_t width, int32_t height) { return Scales(width, height).floats; }

int32_t hp_ssimulacra2_cache(const uint8_t *original, int32_t channels, int32_t grey, int32_t width, int32_t height,
                             int32_t threads, float *cache) {
    try {
        const Scales scales(width, height);
        const Pyramid pyramid(original, channels, grey, scales, threads);
        for_tiles(scales, true, threads, [&](const Tile &tile, Scratch &scratch) {
            record_tile(pyramid, tile, scratch, Record{tile.cached(cache), *tile.scale});
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
        for_tiles(scales, cache != nullptr, threads, [&](const Tile &tile, Scratch &scratch) {
            const Rows rows(tile, (int32_t)(tile.scale - scales.scale), changes);
            if (!rows.any) return;
            const Record record{cache ? tile.cached(const_cast<float *>(cache)) : scratch.record.data(), *tile.scale};
            if (!cache) record_tile(from, tile, scratch, record);
            score_tile(to, tile, rows, scratch, record, sums.data() + tile.index * SUMS);
        });
        average(scales, sums, averages);
        *scale_count = scales.count;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
    return HP_OK;
}
