#include "block.h"

#include <algorithm>
#include <cstring>

#include "prefix_code.h"

namespace {

const int64_t kMostStored = 65535;

struct Lengths {
    uint8_t literals[HP_FIXED_LITERALS] = {0}, distances[HP_FIXED_DISTANCES] = {0};

    static Lengths fixed() {
        Lengths lengths;
        for (int32_t i = 0; i < HP_FIXED_LITERALS; ++i) lengths.literals[i] = hp_fixed_literal(i);
        std::fill(lengths.distances, lengths.distances + HP_FIXED_DISTANCES, (uint8_t)HP_FIXED_DISTANCE);
        return lengths;
    }

    explicit Lengths(const CodeCounts &counts) {
        hp_code_lengths(counts.of, HP_LITERAL_CODES, HP_LONGEST_CODE, literals);
        hp_code_lengths(counts.of + HP_LITERAL_CODES, HP_DISTANCE_CODES, HP_LONGEST_CODE, distances);
    }

    int64_t bits(const CodeCounts &counts) const {
        int64_t bits = 0;
        for (int32_t i = 0; i < HP_LITERAL_CODES; ++i) {
            const int32_t extra = i > HP_END_OF_BLOCK ? hp_length_extra(i - HP_END_OF_BLOCK - 1) : 0;
            bits += (int64_t)counts.of[i] * (literals[i] + extra);
        }
        for (int32_t i = 0; i < HP_DISTANCE_CODES; ++i)
            bits += (int64_t)counts.of[HP_LITERAL_CODES + i] * (distances[i] + hp_distance_extra(i));
        return bits;
    }

  private:
    Lengths() = default;
};

// The lengths of a block's codes as its header tells them: run by run.
class Header {
  public:
    // `runs`: bits that say which of the codes for runs there may be.
    Header(const Lengths &lengths, int32_t runs) : literals_(HP_LITERAL_CODES), distances_(HP_DISTANCE_CODES) {
        while (literals_ > HP_END_OF_BLOCK + 1 && !lengths.literals[literals_ - 1]) --literals_;
        while (distances_ > 1 && !lengths.distances[distances_ - 1]) --distances_;
        std::vector<uint8_t> all(lengths.literals, lengths.literals + literals_);
        all.insert(all.end(), lengths.distances, lengths.distances + distances_);
        for (size_t start = 0, end; start < all.size(); start = end) {
            for (end = start; end < all.size() && all[end] == all[start];) ++end;
            add_run(all[start], (int32_t)(end - start), runs);
        }
        hp_code_lengths(counts_, HP_RUN_CODES, 7, code_lengths_);
        while (told_ > 4 && !code_lengths_[hp_run_code_order[told_ - 1]]) --told_;
    }

    int64_t bits() const {
        int64_t bits = 14 + 3 * told_;
        for (int32_t i = 0; i < HP_RUN_CODES; ++i)
            bits += (int64_t)counts_[i] * (code_lengths_[i] + hp_run_code(i).extra);
        return bits;
    }

    void write(BitWriter &writer) const {
        uint16_t codes[HP_RUN_CODES];
        hp_prefix_codes(code_lengths_, HP_RUN_CODES, codes);
        writer.put((uint32_t)literals_ - 257, 5);
        writer.put((uint32_t)distances_ - 1, 5);
        writer.put((uint32_t)told_ - 4, 4);
        for (int32_t i = 0; i < told_; ++i) writer.put(code_lengths_[hp_run_code_order[i]], 3);
        for (const Item &item : items_) {
            writer.put(codes[item.code], code_lengths_[item.code]);
            writer.put(item.extra, hp_run_code(item.code).extra);
        }
    }

  private:
    struct Item {
        uint8_t code, extra;
    };
    int32_t literals_, distances_, told_ = HP_RUN_CODES;
    std::vector<Item> items_;
    uint32_t counts_[HP_RUN_CODES] = {0};
    uint8_t code_lengths_[HP_RUN_CODES];

    void add(int32_t code, int32_t extra) {
        items_.push_back({(uint8_t)code, (uint8_t)extra});
        ++counts_[code];
    }

    void add_run(uint8_t length, int32_t count, int32_t runs) {
        if (!length) {
            if (runs & 1) count = add_parts(HP_MANY_ZEROS, count);
            if (runs & 2) count = add_parts(HP_ZEROS, count);
        } else if (runs & 4 && count > 3) {
            add(length, 0);
            count = add_parts(HP_AGAIN, count - 1);
        }
        while (count-- > 0) add(length, 0);
    }

    // What of so many is left by runs of a code, which leave no less than another one, if they can.
    int32_t add_parts(int32_t code, int32_t count) {
        const int32_t least = hp_run_code(code).least, most = least + (1 << hp_run_code(code).extra) - 1;
        while (count >= least) {
            const int32_t rest = count - most;
            const int32_t part = rest <= 0 ? count : rest < least && count >= 2 * least ? count - least : most;
            add(code, part - least);
            count -= part;
        }
        return count;
    }
};

Header shortest_header(const Lengths &lengths) {
    Header best(lengths, 0);
    for (int32_t runs = 1; runs < 8; ++runs) {
        Header other(lengths, runs);
        if (other.bits() < best.bits()) best = std::move(other);
    }
    return best;
}

CodeCounts counts_of(const uint8_t *bytes, const Block &block) {
    CodeCounts counts;
    counts.add(bytes + block.start, block.symbols.data(), block.symbols.size());
    ++counts.of[HP_END_OF_BLOCK];
    return counts;
}

void write_symbols(const uint8_t *bytes, const Block &block, const Lengths &lengths, BitWriter &writer) {
    uint16_t literals[HP_FIXED_LITERALS], distances[HP_FIXED_DISTANCES];
    hp_prefix_codes(lengths.literals, HP_FIXED_LITERALS, literals);
    hp_prefix_codes(lengths.distances, HP_FIXED_DISTANCES, distances);
    const auto put_literal = [&](int32_t code) { writer.put(literals[code], lengths.literals[code]); };
    const uint8_t *at = bytes + block.start;
    for (const Symbol &symbol : block.symbols) {
        if (symbol.distance) {
            const int32_t length = hp_length_code(symbol.length), distance = hp_distance_code(symbol.distance);
            put_literal(HP_END_OF_BLOCK + 1 + length);
            writer.put((uint32_t)(symbol.length - hp_first_length(length)), hp_length_extra(length));
            writer.put(distances[distance], lengths.distances[distance]);
            writer.put((uint32_t)(symbol.distance - hp_first_distance(distance)), hp_distance_extra(distance));
        } else {
            put_literal(*at);
        }
        at += symbol.length;
    }
    put_literal(HP_END_OF_BLOCK);
}

void write_stored(const uint8_t *bytes, const Block &block, bool is_last, BitWriter &writer) {
    for (int64_t start = block.start, end; start < block.end; start = end) {
        end = std::min(start + kMostStored, block.end);
        const uint32_t size = (uint32_t)(end - start);
        writer.put(is_last && end == block.end, 1);
        writer.put(HP_STORED_BLOCK, 2);
        writer.align();
        writer.put(size, 16);
        writer.put(~size & 0xffff, 16);
        for (int64_t i = start; i < end; ++i) writer.put(bytes[i], 8);
    }
}

}  // namespace

void CodeCounts::add(const uint8_t *bytes, const Symbol *symbols, size_t count) {
    for (const Symbol *end = symbols + count; symbols < end; bytes += symbols++->length) {
        if (symbols->distance) {
            ++of[HP_END_OF_BLOCK + 1 + hp_length_code(symbols->length)];
            ++of[HP_LITERAL_CODES + hp_distance_code(symbols->distance)];
        } else {
            ++of[*bytes];
        }
    }
}

int64_t hp_block_bits(const uint8_t *bytes, const Block &block) {
    const CodeCounts counts = counts_of(bytes, block);
    const Lengths lengths(counts);
    return shortest_header(lengths).bits() + lengths.bits(counts);
}

void hp_write_block(const uint8_t *bytes, const Block &block, bool is_last, BitWriter &writer) {
    const CodeCounts counts = counts_of(bytes, block);
    const Lengths own(counts), fixed = Lengths::fixed();
    const Header header = shortest_header(own);
    const int64_t own_bits = header.bits() + own.bits(counts), fixed_bits = fixed.bits(counts);
    const int64_t size = block.end - block.start, parts = (size + kMostStored - 1) / kMostStored;
    if (parts && 8 * size + parts * 40 < std::min(own_bits, fixed_bits))  // 40: with up to 7 bits to a whole byte
        return write_stored(bytes, block, is_last, writer);
    const bool is_fixed = fixed_bits <= own_bits;
    writer.put(is_last, 1);
    writer.put(is_fixed ? HP_FIXED_BLOCK : HP_OWN_BLOCK, 2);
    if (!is_fixed) header.write(writer);
    write_symbols(bytes, block, is_fixed ? fixed : own, writer);
}
