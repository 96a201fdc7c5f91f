// Structural similarity (Wang et al. 2004) of the windows of 11 x 11 pixels that are inside of a picture. It is cut into tiles
// that stay in the processor's cache; their sums are added in order, whatever the number of threads.
#include "ssim.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

#include "huepress.h"
#include "ssimulacra2.h"
#include "threads.h"

namespace {

enum { TILE_WIDTH = 256, TILE_HEIGHT = 128, REACH = HP_SSIM_WINDOW - 1, CHANNELS = 3 };  // tiles: of windows

struct Picture {
    const uint8_t *pixels;
    int32_t channels, width;

    const uint8_t *at(int32_t x, int32_t y) const { return pixels + ((int64_t)y * width + x) * channels; }
};

struct Levels {  // of a pixel, as floats
    float table[256];
    Levels() {
        for (int32_t level = 0; level < 256; ++level) table[level] = (float)level;
    }
};

// The windows whose first pixels are in a rectangle.
struct Tile {
    int32_t x, y, width, height;

    bool is_equal(const Picture &a, const Picture &b) const {
        if (a.channels != b.channels) return false;
        for (int32_t row = y; row < y + height + REACH; ++row)
            if (std::memcmp(a.at(x, row), b.at(x, row), (size_t)((width + REACH) * a.channels))) return false;
        return true;
    }
};

// Scores tiles, one after another, in memory of its own.
class Scorer {
  public:
    Scorer(const Picture &a, const Picture &b, int32_t grey)
        : a_(a), b_(b), grey_(grey), values_(2 * CHANNELS * ROOM), maps_(HP_SSIM_MAPS * ROOM),
          rows_(CHANNELS * HP_SSIM_MAPS * HP_SSIM_WINDOW * ROOM) {}

    double sum(const Tile &tile) {
        if (tile.is_equal(a_, b_)) return (double)CHANNELS * tile.width * tile.height;
        double sum = 0;
        for (int32_t y = 0; y < tile.height + REACH; ++y)
            for (int32_t c = 0; c < CHANNELS; ++c) {
                if (!c) read(tile, y);
                blur(c, y, tile.width);
                if (y >= REACH) sum += similarity(c, y, tile.width);
            }
        return sum;
    }

  private:
    enum { ROOM = TILE_WIDTH + REACH + 2 * HP_SSIM_LANES };
    const Picture &a_, &b_;
    const int32_t grey_;
    const Levels levels_;
    std::vector<float> values_;  // of a row, by picture and channel
    std::vector<double> maps_, rows_;

    float *values(int32_t picture, int32_t channel) { return &values_[(size_t)((picture * CHANNELS + channel) * ROOM)]; }
    double *row(int32_t channel, int32_t map, int32_t y) {  // the last rows, as blurred
        return &rows_[(size_t)(((channel * HP_SSIM_MAPS + map) * HP_SSIM_WINDOW + y % HP_SSIM_WINDOW) * ROOM)];
    }

    void read(const Tile &tile, int32_t y) {
        const float *const same[CHANNELS] = {levels_.table, levels_.table, levels_.table};
        const Picture *const pictures[] = {&a_, &b_};
        for (int32_t p = 0; p < 2; ++p) {
            float *const out[CHANNELS] = {values(p, 0), values(p, 1), values(p, 2)};
            const HpPixels pixels = {pictures[p]->at(tile.x, tile.y + y), pictures[p]->channels, grey_};
            HP_CALL(hp_translate)(same, &pixels, tile.width + REACH, out);
        }
    }

    void blur(int32_t c, int32_t y, int32_t width) {
        double *maps[HP_SSIM_MAPS], *blurred[HP_SSIM_MAPS];
        for (int32_t map = 0; map < HP_SSIM_MAPS; ++map) {
            maps[map] = &maps_[(size_t)(map * ROOM)];
            blurred[map] = row(c, map, y);
        }
        HP_CALL(hp_ssim_blur_row)(values(0, c), values(1, c), width, maps, blurred);
    }

    double similarity(int32_t c, int32_t last, int32_t width) {
        const double *rows[HP_SSIM_MAPS * HP_SSIM_WINDOW];
        for (int32_t map = 0; map < HP_SSIM_MAPS; ++map)
            for (int32_t y = 0; y < HP_SSIM_WINDOW; ++y) rows[map * HP_SSIM_WINDOW + y] = row(c, map, last - REACH + y);
        return HP_CALL(hp_ssim_sum)(rows, width);
    }
};

}  // namespace

int32_t hp_ssim(const uint8_t *a, int32_t a_channels, const uint8_t *b, int32_t b_channels, int32_t grey, int32_t width,
                int32_t height, int32_t threads, double *sum) {
    try {
        const Picture before = {a, a_channels, width}, after = {b, b_channels, width};
        std::vector<Tile> tiles;
        for (int32_t y = 0; y < height - REACH; y += TILE_HEIGHT)
            for (int32_t x = 0; x < width - REACH; x += TILE_WIDTH)
                tiles.push_back({x, y, std::min<int32_t>(width - REACH - x, TILE_WIDTH),
                                 std::min<int32_t>(height - REACH - y, TILE_HEIGHT)});
        std::vector<double> sums(tiles.size());
        hp_run_items(threads, (int64_t)tiles.size(), [&] {
            return [&, scorer = Scorer(before, after, grey)](int64_t t) mutable {
                sums[(size_t)t] = scorer.sum(tiles[(size_t)t]);
            };
        });
        *sum = 0;
        for (double own : sums) *sum += own;
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}
