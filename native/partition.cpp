#include "partition.h"

#include <algorithm>

#include "logarithm.h"

namespace {

const size_t kPiece = 128;  // symbols, at least: blocks end at ends of pieces
const int64_t kHeader = 60, kUsed = 3, kEdge = 3;  // bits of a header, about: of each code in use, and where use begins or ends

struct Pieces {
    std::vector<size_t> ends;  // 0, then behind the last symbol of each piece

    Pieces(const uint8_t *bytes, const std::vector<Symbol> &symbols, size_t most) {
        const size_t count = std::max<size_t>(1, std::min(symbols.size() / kPiece, most));
        std::vector<CodeCounts> sums(1);
        for (size_t i = 0; i <= count; ++i) {
            const size_t start = i ? ends.back() : 0, end = symbols.size() * i / count;
            if (i) sums.push_back(sums.back());
            sums.back().add(bytes, symbols.data() + start, end - start);
            for (size_t s = start; s < end; ++s) bytes += symbols[s].length;
            ends.push_back(end);
        }
        keep_used(sums);
    }

    // What a block of pieces takes without the bits that lengths and distances have beside their codes: of its symbols, and of
    // its header, of which edges are the part that may be less with more pieces.
    struct Cost {
        int64_t symbols, header, edges;
    };
    Cost cost(size_t first, size_t end) const {
        const Logarithms &logarithm = Logarithms::known();
        const uint32_t *before = sums_.data() + first * codes_.size(), *after = sums_.data() + end * codes_.size();
        int64_t header = kHeader, edges = 0, saved = 0, sums[] = {1, 0};  // 1: the end of the block
        bool was_used = false;
        for (size_t i = 0; i < codes_.size(); ++i) {
            const uint32_t count = after[i] - before[i];
            const bool is_used = count > 0, is_edge = is_used != was_used;
            header += is_used * kUsed;
            edges += is_edge + (is_used && codes_[i].is_last);
            was_used = is_used && !codes_[i].is_last;
            sums[codes_[i].is_distance] += count;
            if (is_used) saved += (int64_t)count * logarithm(count);
        }
        const int64_t all = sums[0] * logarithm((uint32_t)sums[0]) + (sums[1] ? sums[1] * logarithm((uint32_t)sums[1]) : 0);
        return {all - saved, header << HP_COST_BITS, edges * kEdge << HP_COST_BITS};
    }

  private:
    struct Code {
        bool is_distance, is_last;  // whether the next one is never used, but is there
    };
    std::vector<Code> codes_;     // those in use, mostly a few of all
    std::vector<uint32_t> sums_;  // of each of them, up to each end

    void keep_used(const std::vector<CodeCounts> &sums) {
        const int32_t size = HP_LITERAL_CODES + HP_DISTANCE_CODES;
        const uint32_t *all = sums.back().of;
        std::vector<int32_t> used;
        for (int32_t i = 0; i < size; ++i) {
            if (!all[i]) continue;
            used.push_back(i);
            codes_.push_back({i >= HP_LITERAL_CODES, i + 1 < size && !all[i + 1]});
        }
        for (const CodeCounts &sum : sums)
            for (int32_t i : used) sums_.push_back(sum.of[i]);
    }
};

// Which pieces each block begins with, and their number: the shortest path from the first to the last.
std::vector<size_t> starts_of_blocks(const Pieces &pieces) {
    const size_t count = pieces.ends.size() - 1;
    std::vector<int64_t> least(count + 1, INT64_MAX), bound(count, 0);  // of the path to each, and of the block from there on
    std::vector<size_t> before(count + 1, 0);
    least[0] = 0;
    for (size_t end = 1; end <= count; ++end) {
        const auto look = [&](size_t first) {
            if (least[first] + bound[first] >= least[end]) return;
            const Pieces::Cost cost = pieces.cost(first, end);
            bound[first] = cost.symbols + cost.header;
            const int64_t all = least[first] + bound[first] + cost.edges;
            if (all < least[end]) least[end] = all, before[end] = first;
        };
        const int64_t piece = pieces.cost(end - 1, end).symbols;  // no other codes suit it better than those of its own
        for (size_t first = 0; first + 1 < end; ++first) bound[first] += piece;
        look(before[end - 1]);  // most often the best one again: the others are hardly looked at then
        for (size_t first = 0; first < end; ++first) look(first);
    }
    std::vector<size_t> starts(1, count);
    while (starts.back()) starts.push_back(before[starts.back()]);
    std::reverse(starts.begin(), starts.end());
    return starts;
}

}  // namespace

std::vector<Block> hp_partition(const uint8_t *bytes, int64_t start, const std::vector<Symbol> &symbols, size_t most) {
    const Pieces pieces(bytes + start, symbols, most);
    const std::vector<size_t> starts = starts_of_blocks(pieces);
    std::vector<Block> blocks;
    for (size_t i = 0; i + 1 < starts.size(); ++i) {
        Block block = {start, start, {}};
        for (size_t s = pieces.ends[starts[i]]; s < pieces.ends[starts[i + 1]]; ++s) {
            block.symbols.push_back(symbols[s]);
            block.end += symbols[s].length;
        }
        start = block.end;
        blocks.push_back(std::move(block));
    }
    return blocks;
}
