// The smallest stream of deflate (RFC 1951), nearly: symbols are the shortest path through all matches, by what they cost in
// the block that they are in, again and again, as costs follow from symbols.
#include <algorithm>
#include <new>
#include <numeric>

#include "block.h"
#include "huepress.h"
#include "lanes.h"
#include "logarithm.h"
#include "matches.h"
#include "partition.h"
#include "prefix_code.h"
#include "threads.h"

namespace {

const int64_t kSection = 1 << 19;  // bytes, about: sections are packed beside each other
const int32_t kUsual = 32;         // bytes to a copy of each code
const uint32_t kMargin = 1 << 14;  // by which a shorter copy may leave less to pay than a longer one

// What symbols cost.
struct Costs {
    uint32_t literals[256], lengths[HP_MAX_LENGTH + 1] = {0};

    uint32_t of_distance(int32_t distance) const { return distances_[distance <= 256 ? distance - 1 : 256 + ((distance - 1) >> 7)]; }

    // By the share that each code has of all: none is shorter than a bit, and what never occurs costs more than what occurs
    // once. Or by the lengths of prefix codes, where there are some.
    enum Kind { OF_SHARES, OF_CODES };
    Costs(const CodeCounts &counts, Kind kind) {
        uint32_t bits[HP_LITERAL_CODES + HP_DISTANCE_CODES];
        find(counts.of, HP_LITERAL_CODES, kind, bits);
        find(counts.of + HP_LITERAL_CODES, HP_DISTANCE_CODES, kind, bits + HP_LITERAL_CODES);
        std::copy(bits, bits + 256, literals);
        for (int32_t length = HP_MIN_LENGTH; length <= HP_MAX_LENGTH; ++length) {
            const int32_t code = hp_length_code(length);
            lengths[length] = bits[HP_END_OF_BLOCK + 1 + code] + ((uint32_t)hp_length_extra(code) << HP_COST_BITS);
        }
        for (int32_t i = 0; i < 512; ++i) {
            const int32_t code = hp_distance_code(i < 256 ? i + 1 : ((i - 256) << 7) + 1);
            distances_[i] = bits[HP_LITERAL_CODES + code] + ((uint32_t)hp_distance_extra(code) << HP_COST_BITS);
        }
    }

  private:
    uint32_t distances_[512];  // of 1 .. 256, then for each 128, as these have the same code

    static void find(const uint32_t *counts, int32_t size, Kind kind, uint32_t *bits) {
        const Logarithms &logarithm = Logarithms::known();
        const uint32_t sum = std::accumulate(counts, counts + size, 0u), all = logarithm(sum ? sum : 1);
        const uint32_t bit = 1 << HP_COST_BITS;
        for (int32_t i = 0; i < size; ++i) bits[i] = counts[i] ? std::max(bit, all - logarithm(counts[i])) : all + bit;
        if (kind == OF_SHARES) return;
        uint8_t lengths[HP_LITERAL_CODES];
        hp_code_lengths(counts, size, HP_LONGEST_CODE, lengths);
        for (int32_t i = 0; i < size; ++i)
            if (lengths[i]) bits[i] = lengths[i] * bit;
    }
};

// Finds the symbols of the least cost that stand for a run of bytes: from its end to its start.
class Parser {
  public:
    Parser(const uint8_t *bytes, int64_t first, int64_t end)
        : bytes_(bytes), matches_(bytes, first, end), room_((size_t)(end - first) + HP_MAX_LENGTH + 1),
          chosen_((size_t)(end - first)) {}

    // is_quick: of lengths that are told by one code, only the longest is looked at.
    void parse(Block &block, const Costs &costs, bool is_quick) {
        const int64_t count = block.end - block.start;
        uint32_t *after = room_.data() + count;
        *after = 0;
        prepare(costs);
        for (int64_t place = block.end; place-- > block.start;) {
            const uint32_t literal = *after-- + costs.literals[bytes_[place]];
            Choice best = {literal, {1, 0}};
            const int32_t most = (int32_t)std::min<int64_t>(HP_MAX_LENGTH, block.end - place);
            int32_t shortest = HP_MIN_LENGTH;
            const Match *const end = matches_.end(place);
            for (const Match *match = matches_.begin(place); match < end && shortest <= most; ++match) {
                const int32_t longest = std::min<int32_t>(match->length, most);
                const uint32_t distance = costs.of_distance(match->distance);
                if (is_quick)
                    try_some(costs, after, shortest, longest, match->distance, distance, best);
                else
                    try_all(after, shortest, longest, match->distance, distance, best);
                shortest = longest + 1;
            }
            *after = best.cost;
            chosen_[(size_t)(place - block.start)] = best.symbol;
        }
        block.symbols.clear();
        for (int64_t i = 0; i < count; i += chosen_[(size_t)i].length) block.symbols.push_back(chosen_[(size_t)i]);
    }

  private:
    struct Choice {
        uint32_t cost;
        Symbol symbol;

        void offer(uint32_t other, int32_t length, int32_t distance) {
            if (other < cost) *this = {other, {(uint16_t)length, (uint16_t)distance}};
        }
    };
    const uint8_t *bytes_;
    const Matches matches_;
    std::vector<uint32_t> room_;  // what all from a place on costs
    std::vector<Symbol> chosen_;
    uint32_t packed_[HP_MAX_LENGTH + 1], cheapest_length_;  // costs as hp_cheapest_length wants them, and the least of them
    int16_t below_[HP_MAX_LENGTH + 1];                      // the longest length that is told by the code before

    void prepare(const Costs &costs) {
        cheapest_length_ = *std::min_element(costs.lengths + HP_MIN_LENGTH, costs.lengths + HP_MAX_LENGTH + 1);
        for (int32_t length = HP_MIN_LENGTH; length <= HP_MAX_LENGTH; ++length) {
            packed_[length] = costs.lengths[length] << HP_LENGTH_BITS | (uint32_t)((1 << HP_LENGTH_BITS) - 1 - length);
            below_[length] = (int16_t)(hp_first_length(hp_length_code(length)) - 1);
        }
    }

    // The shorter the copy, the more is left to pay, almost always.
    void try_some(const Costs &costs, const uint32_t *after, int32_t shortest, int32_t longest, int32_t distance, uint32_t cost,
                  Choice &best) const {
        for (int32_t length = longest; length >= shortest; length = below_[length]) {
            const uint32_t rest = after[length] + cost;
            if (rest + cheapest_length_ >= best.cost) break;
            best.offer(rest + costs.lengths[length], length, distance);
        }
    }

    void try_all(const uint32_t *after, int32_t shortest, int32_t longest, int32_t distance, uint32_t cost, Choice &best) const {
        const uint32_t base = after[longest] - kMargin;
        const uint32_t found = HP_CALL(hp_cheapest_length)(packed_, after, shortest, longest, base);
        const int32_t length = (1 << HP_LENGTH_BITS) - 1 - (int32_t)(found % (1 << HP_LENGTH_BITS));
        best.offer((found >> HP_LENGTH_BITS) + base + cost, length, distance);
    }
};

struct Round {
    int32_t parses;  // of each block at most, one at least
    bool is_quick;
};

struct Effort {
    size_t pieces;  // that the blocks of a section are made of
    std::vector<Round> rounds;
};

const Effort kEfforts[] = {{64, {{1, true}}}, {192, {{1, true}, {1, false}}}, {192, {{1, true}, {3, false}}}};

class Section {
  public:
    Section(const uint8_t *bytes, int64_t first, int64_t end, const Effort &effort)
        : bytes_(bytes), parser_(bytes, first, end), blocks_(1) {
        blocks_[0] = {first, end, {}};
        parser_.parse(blocks_[0], Costs(usual_counts(), Costs::OF_CODES), true);
        for (const Round &round : effort.rounds) improve(round, effort.pieces);
    }

    const std::vector<Block> &blocks() const { return blocks_; }

  private:
    const uint8_t *bytes_;
    Parser parser_;
    std::vector<Block> blocks_;
    int64_t bits_ = INT64_MAX;

    // To begin with: literals as there are bytes, and for every few of them a copy, of any length and distance.
    CodeCounts usual_counts() const {
        CodeCounts counts;
        const Block &all = blocks_[0];
        for (int64_t place = all.start; place < all.end; ++place) ++counts.of[bytes_[place]];
        const uint32_t copies = (uint32_t)(all.end - all.start) / kUsual + 1;
        std::fill(counts.of + HP_END_OF_BLOCK, counts.of + HP_LITERAL_CODES, copies);
        std::fill(counts.of + HP_LITERAL_CODES, counts.of + HP_LITERAL_CODES + HP_DISTANCE_CODES, copies);
        return counts;
    }

    CodeCounts counts(const Block &block) const {
        CodeCounts counts;
        counts.add(bytes_ + block.start, block.symbols.data(), block.symbols.size());
        ++counts.of[HP_END_OF_BLOCK];
        return counts;
    }

    // Other blocks, for the symbols that there are now, and better symbols for these.
    void improve(const Round &round, size_t pieces) {
        std::vector<Symbol> all;
        for (const Block &block : blocks_) all.insert(all.end(), block.symbols.begin(), block.symbols.end());
        std::vector<Block> blocks = hp_partition(bytes_, blocks_.front().start, all, pieces);
        int64_t bits = 0;
        for (Block &block : blocks) bits += refine(block, round);
        if (bits < bits_) blocks_ = std::move(blocks), bits_ = bits;
    }

    // The best of some parses of a block, each by the costs of the one before: at first by shares, which lead further than the
    // whole bits of codes do. Returns the bits that it takes.
    int64_t refine(Block &block, const Round &round) {
        int64_t least = hp_block_bits(bytes_, block);
        Block next = block;
        for (int32_t i = 0; i < round.parses; ++i) {
            const bool is_last = i == round.parses - 1;
            parser_.parse(next, Costs(counts(next), is_last ? Costs::OF_CODES : Costs::OF_SHARES), round.is_quick);
            const int64_t bits = hp_block_bits(bytes_, next);
            if (bits < least)
                block = next, least = bits;
            else if (i)
                break;
        }
        return least;
    }
};

// The blocks of each section, found beside each other.
std::vector<std::vector<Block>> blocks_of(const uint8_t *bytes, int64_t size, const Effort &effort, int32_t threads) {
    const int32_t count = (int32_t)std::max<int64_t>(1, size / kSection);
    std::vector<std::vector<Block>> blocks((size_t)count);
    hp_run_items(threads, count, [&] {
        return [&](int64_t i) {
            Section section(bytes, hp_share(size, count, (int32_t)i), hp_share(size, count, (int32_t)i + 1), effort);
            blocks[(size_t)i] = section.blocks();
        };
    });
    return blocks;
}

}  // namespace

int32_t hp_deflate(const uint8_t *bytes, int64_t size, int32_t effort, int32_t threads, uint8_t *packed, int64_t room,
                   int64_t *packed_size) {
    try {
        const auto sections = blocks_of(bytes, size, kEfforts[effort], threads);
        BitWriter writer(packed, room);
        for (const auto &blocks : sections)
            for (const Block &block : blocks)
                hp_write_block(bytes, block, &blocks == &sections.back() && &block == &blocks.back(), writer);
        writer.align();
        *packed_size = writer.size();
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}
