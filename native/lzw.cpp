#include <algorithm>
#include <new>
#include <vector>

#include "bit_writer.h"
#include "huepress.h"
#include "lanes.h"

namespace {

enum {
    MOST_CODES = 4096,
    NO_CODE = 0,          // no child: code 0 is a symbol, never the child of a node
    WINDOW = 8192,        // more than a string can be long
    BEAM = 24,            // strings followed at a time
};
const float apart = 1.0e15f;
const float recent = 1.0f / 256; // of the running mean of bits a pixel

struct Choice {
    uint8_t symbol;
    float cost;
};

// Adds one to a list of at most BEAM, in place of the one that costs most where it is full.
template <class Costing>
void insert(Costing *list, int32_t *count, const Costing &added) {
    if (*count < BEAM) {
        list[(*count)++] = added;
        return;
    }
    int32_t worst = 0;
    for (int32_t i = 1; i < BEAM; ++i)
        if (list[i].cost > list[worst].cost) worst = i;
    if (added.cost < list[worst].cost) list[worst] = added;
}

// What a pixel may become, and what each costs in bits.
class Choices {
  public:
    Choices(const HpLzw &job)
        : job(job), pixels((int64_t)job.width * job.height), counts(WINDOW), list((size_t)WINDOW * BEAM) {
        if (!job.features) return;
        wanted.assign(job.features, job.features + (int64_t)job.dimensions * pixels);
        palette.assign(job.palette, job.palette + job.dimensions * HP_PALETTE_ROOM);
        for (int32_t d = 0; d < job.dimensions && job.transparent >= 0; ++d)
            palette[(size_t)(d * HP_PALETTE_ROOM + job.transparent)] = apart;
    }

    const Choice *at(int64_t pixel, int32_t *count) {
        for (; ready <= pixel; ++ready) fill(ready);
        *count = counts[(size_t)(pixel % WINDOW)];
        return &list[(size_t)(pixel % WINDOW) * BEAM];
    }

    // The pixel is settled: its error goes to the row below.
    void settle(int64_t pixel, int32_t symbol) {
        job.result[pixel] = (uint8_t)symbol;
        if (!job.features || (job.states && job.states[pixel] != HP_FREE) || pixel + job.width >= pixels) return;
        const int32_t shown = symbol == job.transparent ? job.before[pixel] : symbol;
        const int32_t x = (int32_t)(pixel % job.width);
        for (int32_t d = 0; d < job.dimensions; ++d) {
            float *row = &wanted[(size_t)(d * pixels)];
            const float error = job.down * (row[pixel] - job.palette[d * HP_PALETTE_ROOM + shown]);
            float *below = row + pixel + job.width;
            below[0] += 0.5f * error;
            if (x > 0) below[-1] += 0.25f * error;
            if (x + 1 < job.width) below[1] += 0.25f * error;
        }
    }

  private:
    const HpLzw &job;
    int64_t pixels, ready = 0;
    std::vector<int32_t> counts;  // of the choices of the last WINDOW pixels
    std::vector<Choice> list;
    std::vector<float> wanted, palette;  // in the latter the transparent entry is far from every pixel
    float cost[HP_PALETTE_ROOM];
    uint8_t cheap[HP_PALETTE_ROOM];

    void fill(int64_t pixel) {
        Choice *mine = &list[(size_t)(pixel % WINDOW) * BEAM];
        int32_t count = 0;
        const uint8_t state = job.states ? job.states[pixel] : (uint8_t)HP_FREE;
        if (state != HP_FREE || !job.features) {
            // Of equally long strings the first is taken: runs of the transparent entry grow best.
            if (state == HP_KEPT && job.transparent >= 0 && job.indices[pixel] != job.transparent)
                mine[count++] = {(uint8_t)job.transparent, 0.0f};
            mine[count++] = {job.indices[pixel], 0.0f};
        } else {
            count = near(pixel, mine);
        }
        counts[(size_t)(pixel % WINDOW)] = count;
    }

    int32_t near(int64_t pixel, Choice *mine) {
        float own[HP_MAX_DIMENSIONS];
        for (int32_t d = 0; d < job.dimensions; ++d) own[d] = wanted[(size_t)(d * pixels + pixel)];
        const float weight = std::max(1.0e-9f, job.weights[pixel]);
        const int32_t found = HP_CALL(hp_cheap_entries)(palette.data(), job.dimensions, own, job.color_count, job.transparent,
                                                        job.before[pixel], job.slack / weight, cost, cheap);
        if (!found) return mine[0] = {job.indices[pixel], 0.0f}, 1;  // costs are no numbers
        float least = cost[cheap[0]];
        for (int32_t i = 1; i < found; ++i) least = std::min(least, cost[cheap[i]]);
        int32_t count = 0;
        for (int32_t i = 0; i < found; ++i) insert(mine, &count, {cheap[i], (cost[cheap[i]] - least) * weight});
        return count;
    }
};

// Welch 1984, as GIF has it. The strings of the dictionary are the nodes of a tree; a code is the number of a node.
class Encoder {
  public:
    Encoder(const HpLzw &job)
        : job(job), pixels((int64_t)job.width * job.height), choices(job), child((size_t)MOST_CODES << 8, NO_CODE),
          parent(MOST_CODES), symbol(MOST_CODES), bits(job.codes, 2 * pixels + 64), width(job.code_size + 1) {}

    int64_t run() {
        clear();
        int32_t last = -1;
        for (int64_t pixel = 0; pixel < pixels;) {
            const End end = best(pixel, last);
            bits.put((uint32_t)end.node, width);
            const float spent = (float)width + end.cost;
            const bool unfinished = end.node == count;
            if (unfinished) learn(last, first_symbol(last));
            for (int32_t node = end.node, at = end.length; at > 0; node = parent[(size_t)node])
                choices.settle(pixel + --at, symbol[(size_t)node]);
            if (last >= 0 && !unfinished) learn(last, job.result[pixel]);
            last = end.node;
            pixel += end.length;
            average += (1 - power(1 - recent, end.length)) * (spent / (float)end.length - average);
            if (count == MOST_CODES) {  // going on with a full dictionary costs far more than it saves
                clear();
                last = -1;
            }
        }
        bits.put((uint32_t)(1 << job.code_size) + 1, width);
        bits.align();
        return bits.size();
    }

  private:
    struct Path {
        int32_t node;
        float cost;
    };
    struct End {
        int32_t node, length;
        float cost;
    };

    const HpLzw &job;
    int64_t pixels;
    Choices choices;
    std::vector<uint16_t> child;
    std::vector<int32_t> parent;
    std::vector<uint8_t> symbol, spelled;
    BitWriter bits;
    int32_t count = 0, width;
    float average = 4.0f;

    // Begins with an empty dictionary, and tells the decoder so.
    void clear() {
        bits.put((uint32_t)(1 << job.code_size), width);
        std::fill(child.begin(), child.begin() + ((int64_t)count << 8), (uint16_t)NO_CODE);
        for (int32_t k = 0; k < 1 << job.code_size; ++k) {
            parent[(size_t)k] = -1;
            symbol[(size_t)k] = (uint8_t)k;
        }
        count = (1 << job.code_size) + 2;
        width = job.code_size + 1;
    }

    void learn(int32_t node, uint8_t next) {
        uint16_t &place = child[((size_t)node << 8) + next];
        if (place == NO_CODE) {
            place = (uint16_t)count;
            parent[(size_t)count] = node;
            symbol[(size_t)count] = next;
        }
        // A string that is there already takes up a number all the same: the decoder counts so.
        if (++count >= 1 << width && width < 12) ++width;
    }

    static float power(float base, int32_t exponent) {
        float result = 1;
        for (; exponent > 0; exponent >>= 1, base *= base)
            if (exponent & 1) result *= base;
        return result;
    }

    // The string of the dictionary that is worth most: pixels at the mean price, less what it costs.
    End best(int64_t pixel, int32_t last) {
        Path paths[BEAM], next[BEAM];
        int32_t path_count, choice_count;
        const Choice *mine = choices.at(pixel, &choice_count);
        path_count = 0;
        for (int32_t i = 0; i < choice_count; ++i) paths[path_count++] = {mine[i].symbol, mine[i].cost};
        End found = {mine[0].symbol, 1, mine[0].cost};  // for costs that are no numbers nothing wins
        float most = -1.0e30f;
        for (int32_t length = 1; path_count > 0; ++length) {
            for (int32_t i = 0; i < path_count; ++i) {
                const float gain = average * (float)length - paths[i].cost;
                if (gain > most) most = gain, found = {paths[i].node, length, paths[i].cost};
            }
            if (pixel + length >= pixels || length + 1 >= WINDOW) break;
            mine = choices.at(pixel + length, &choice_count);
            int32_t next_count = 0;
            for (int32_t i = 0; i < path_count; ++i)
                for (int32_t j = 0; j < choice_count; ++j) {
                    const int32_t node = child[((size_t)paths[i].node << 8) + mine[j].symbol];
                    if (node != NO_CODE) insert(next, &next_count, {node, paths[i].cost + mine[j].cost});
                }
            std::copy(next, next + next_count, paths);
            path_count = next_count;
        }
        unfinished(pixel, last, &most, &found);
        return found;
    }

    // The string that the next code completes, whichever it is: the last one and, after it, the first symbol of what
    // follows. That code may be its own, if what follows begins as the last string did.
    void unfinished(int64_t pixel, int32_t last, float *most, End *found) {
        if (last < 0) return;
        spelled.clear();
        for (int32_t node = last; node >= 0; node = parent[(size_t)node]) spelled.push_back(symbol[(size_t)node]);
        std::reverse(spelled.begin(), spelled.end());
        spelled.push_back(spelled[0]);
        const int32_t length = (int32_t)spelled.size();
        if (pixel + length > pixels || length >= WINDOW || child[((size_t)last << 8) + spelled[0]] != NO_CODE) return;
        float cost = 0;
        for (int32_t i = 0; i < length; ++i) {
            int32_t choice_count, place = 0;
            const Choice *mine = choices.at(pixel + i, &choice_count);
            while (place < choice_count && mine[place].symbol != spelled[(size_t)i]) ++place;
            if (place == choice_count) return;
            cost += mine[place].cost;
        }
        const float gain = average * (float)length - cost;
        if (gain > *most) *most = gain, *found = {count, length, cost};
    }

    uint8_t first_symbol(int32_t node) const {
        while (parent[(size_t)node] >= 0) node = parent[(size_t)node];
        return symbol[(size_t)node];
    }
};

}  // namespace

int32_t hp_lzw(const HpLzw *job) {
    try {
        *job->size = Encoder(*job).run();
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
    return HP_OK;
}
