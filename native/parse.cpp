// What deflate (RFC 1951) takes for indices as they are: a parse into literals and copies with one step of lookahead.
// Copies end with their row, as those of the lossy mapping do.
#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

#include "huepress.h"
#include "lanes/bits.h"
#include "lossy.h"
#include "threads.h"

namespace {

enum { CHAIN = 4, LITERAL_BITS = 6, SHORTEST = 3 };

struct Copy {
    int32_t length = 0, distance = 0, gain = 0;
};

struct Parse {
    const uint8_t *first;  // of the band
    int32_t width, height;
    int64_t *statistics;
    std::vector<int32_t> head, chain;

    Parse(const uint8_t *first, int32_t width, int32_t height, int64_t *statistics)
        : first(first), width(width), height(height), statistics(statistics), head(1 << HP_HASH_BITS, -1),
          chain(HP_WINDOW, -1) {}

    int32_t *slot(int64_t place) { return &head[hp_hash3(first[place], first[place + 1], first[place + 2])]; }

    uint32_t four(int64_t place) const {
        uint32_t pixels;
        std::memcpy(&pixels, first + place, sizeof pixels);
        return pixels;
    }

    // How many pixels from `source` and from `place` on are alike.
    int32_t alike(int64_t source, int64_t place, int32_t most) const {
        int32_t length = 0;
        for (; length + 4 <= most; length += 4) {
            const uint32_t different = four(source + length) ^ four(place + length);
            if (different) return length + lowest_bit(different) / 8;
        }
        while (length < most && first[source + length] == first[place + length]) ++length;
        return length;
    }

    // Later sources are further away: only longer copies gain more.
    void consider(int64_t place, int64_t source, int32_t most, Copy &best) const {
        if (best.length == most || first[source + best.length] != first[place + best.length]) return;
        const int32_t length = alike(source, place, most);
        if (length < SHORTEST) return;
        const int32_t apart = (int32_t)(place - source), distance = std::min<int32_t>(apart + apart / width, HP_WINDOW);
        const int32_t gain = length * LITERAL_BITS - hp_distance_code(distance) / 2;
        if (gain > best.gain) best.length = length, best.distance = distance, best.gain = gain;
    }

    Copy longest(int64_t place, int32_t most) {
        Copy best;
        if (most < SHORTEST) return best;
        int64_t source = *slot(place);
        for (int32_t tried = 0; tried < CHAIN && source >= 0 && place - source < HP_WINDOW; ++tried) {
            consider(place, source, most, best);
            source = chain[source & (HP_WINDOW - 1)];
        }
        return best;
    }

    void remember(int64_t place) {
        int32_t *latest = slot(place);
        chain[place & (HP_WINDOW - 1)] = *latest;
        *latest = (int32_t)place;
    }

    void row(int64_t start) {
        const auto most = [&](int32_t x) { return std::min<int32_t>(HP_MAX_LENGTH, width - x); };
        Copy copy = longest(start, most(0));
        for (int32_t x = 0; x < width;) {
            if (x + 2 < width) remember(start + x);
            const Copy next = x + 1 < width ? longest(start + x + 1, most(x + 1)) : Copy();
            if (copy.length < SHORTEST || next.gain > copy.gain) {
                ++statistics[first[start + x++]];
                copy = next;
                continue;
            }
            ++statistics[HP_LENGTH_STATISTICS + hp_length_code(copy.length)];
            ++statistics[HP_DISTANCE_STATISTICS + hp_distance_code(copy.distance)];
            for (const int32_t end = x++ + copy.length; x < end; ++x)
                if (x + 2 < width) remember(start + x);
            copy = x < width ? longest(start + x, most(x)) : Copy();
        }
    }

    void run() {
        for (int32_t y = 0; y < height; ++y) row((int64_t)y * width);
    }
};

}  // namespace

int32_t hp_parse(const uint8_t *indices, int32_t height, int32_t width, int32_t bands, int32_t threads,
                 int64_t *statistics) {
    try {
        std::vector<int64_t> found((size_t)bands * HP_STATISTICS, 0);
        const auto edge = [&](int64_t band) { return hp_share(height, bands, (int32_t)band); };
        hp_run_items(threads, bands, [&] {
            return [&](int64_t band) {
                const int64_t top = edge(band), rows = edge(band + 1) - top;
                Parse(indices + top * width, width, (int32_t)rows, &found[(size_t)band * HP_STATISTICS]).run();
            };
        });
        for (int32_t i = 0; i < HP_STATISTICS; ++i) statistics[i] = 0;
        for (size_t i = 0; i < found.size(); ++i) statistics[i % HP_STATISTICS] += found[i];
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}
