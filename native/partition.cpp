#include "partition.h"

#include <algorithm>

#include "logarithm.h"

namespace {

const size_t kPiece = 128;  // symbols, at least: blocks end at ends of pieces
const int64_t kHeader = 60, kUsed = 3, kEdge = 3;  // bits of a header, about: of each code in use, and where use begins or ends

struct Pieces {
    std::vector<size_t> ends;          // 0, then behind the last symbol of each piece
    std::vector<CodeCounts> counts;  // of all symbols up to there

    Pieces(const uint8_t *bytes, const std::vector<Symbol> &symbols, size_t most) {
        const size_t count = std::max<size_t>(1, std::min(symbols.size() / kPiece, most));
        CodeCounts sums;
        for (size_t i = 0; i <= count; ++i) {
            const size_t start = i ? ends.back() : 0, end = symbols.size() * i / count;
            sums.add(bytes, symbols.data() + start, end - start);
            for (size_t s = start; s < end; ++s) bytes += symbols[s].length;
            ends.push_back(end);
            counts.push_back(sums);
        }
    }

    // What a block of pieces takes without the bits that lengths and distances have beside their codes.
    int64_t cost(size_t first, size_t end) const {
        const Logarithms &logarithm = Logarithms::known();
        const uint32_t *before = counts[first].of, *after = counts[end].of;
        int64_t header = kHeader, saved = 0, literals = 1, distances = 0;  // 1: the end of the block
        bool was_used = false;
        for (int32_t i = 0; i < HP_LITERAL_CODES + HP_DISTANCE_CODES; ++i) {
            const uint32_t count = after[i] - before[i];
            const bool is_used = count > 0;
            header += is_used * kUsed + (is_used != was_used) * kEdge;
            was_used = is_used;
            (i < HP_LITERAL_CODES ? literals : distances) += count;
            if (is_used) saved += (int64_t)count * logarithm(count);
        }
        const int64_t all = literals * logarithm((uint32_t)literals) + (distances ? distances * logarithm((uint32_t)distances) : 0);
        return all - saved + (header << HP_COST_BITS);
    }
};

// Which pieces each block begins with, and their number: the shortest path from the first to the last.
std::vector<size_t> starts_of_blocks(const Pieces &pieces) {
    const size_t count = pieces.ends.size() - 1;
    std::vector<int64_t> least(count + 1, INT64_MAX);
    std::vector<size_t> before(count + 1, 0);
    least[0] = 0;
    for (size_t end = 1; end <= count; ++end)
        for (size_t first = 0; first < end; ++first) {
            const int64_t cost = least[first] + pieces.cost(first, end);
            if (cost < least[end]) least[end] = cost, before[end] = first;
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
