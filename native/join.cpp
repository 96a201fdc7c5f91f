// Streams of deflate (RFC 1951) one after the other as one: their blocks, of which only the last is marked as final. Blocks
// begin at any bit, so that all symbols have to be read to find where each ends.
#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>
#include <vector>

#include "bit_writer.h"
#include "deflate_format.h"
#include "huepress.h"
#include "prefix_code.h"
#include "threads.h"

namespace {

enum { DIRECT_BITS = 10, ENTRIES = 1 << DIRECT_BITS };

struct Damaged {};

struct Reader {
    const uint8_t *data;
    int64_t size, at = 0;  // in bits

    uint32_t peek() const {  // 32 bits, beyond the end 0
        uint64_t bits = 0;
        const int64_t byte = at >> 3, rest = (size >> 3) - byte;
        if (rest >= 8)
            std::memcpy(&bits, data + byte, 8);
        else if (rest > 0)
            std::memcpy(&bits, data + byte, (size_t)rest);
        return (uint32_t)(bits >> (at & 7));
    }
    void skip(int64_t count) {
        at += count;
        if (at > size) throw Damaged();
    }
    uint32_t take(int32_t count) {  // up to 31
        const uint32_t bits = peek() & ((1u << count) - 1);
        skip(count);
        return bits;
    }
    void align() { skip(-at & 7); }
};

// A prefix code. By the next 10 bits a symbol and the length of its code, or 0 where it is longer: then by what codes of
// each length begin with, as they and their symbols ascend.
struct Code {
    uint16_t entry[ENTRIES];
    uint32_t first[HP_LONGEST_CODE + 1];
    std::vector<uint16_t> symbols[HP_LONGEST_CODE + 1];

    void build(const uint8_t *lengths, int32_t count) {
        for (auto &each : symbols) each.clear();
        for (int32_t symbol = 0; symbol < count; ++symbol) symbols[lengths[symbol]].push_back((uint16_t)symbol);
        uint32_t code = 0;
        for (int32_t length = 1; length <= HP_LONGEST_CODE; ++length, code <<= 1) {
            first[length] = code;
            code += (uint32_t)symbols[length].size();
            if (code > 1u << length) throw Damaged();
        }
        fill(lengths, count);
    }

    int32_t next(Reader &reader) const {
        const uint32_t bits = reader.peek();
        const uint16_t found = entry[bits & (ENTRIES - 1)];
        if (!found) return next_long(bits, reader);
        reader.skip(found & 15);
        return found >> 4;
    }

  private:
    int32_t next_long(uint32_t bits, Reader &reader) const {
        uint32_t code = 0;
        for (int32_t length = 1; length <= HP_LONGEST_CODE; ++length, bits >>= 1) {
            code = code << 1 | (bits & 1);
            if (code < first[length] || code - first[length] >= symbols[length].size()) continue;
            reader.skip(length);
            return symbols[length][code - first[length]];
        }
        throw Damaged();
    }

    void fill(const uint8_t *lengths, int32_t count) {
        uint16_t codes[HP_FIXED_LITERALS];
        hp_prefix_codes(lengths, count, codes);
        std::memset(entry, 0, sizeof entry);
        for (int32_t symbol = 0; symbol < count; ++symbol) {
            const int32_t length = lengths[symbol];
            if (!length || length > DIRECT_BITS) continue;
            for (uint32_t place = codes[symbol]; place < ENTRIES; place += 1u << length)
                entry[place] = (uint16_t)(symbol << 4 | length);
        }
    }
};

struct Codes {
    Code literals, distances, lengths;

    void fixed() {
        uint8_t of[HP_FIXED_LITERALS];
        for (int32_t i = 0; i < HP_FIXED_LITERALS; ++i) of[i] = hp_fixed_literal(i);
        literals.build(of, HP_FIXED_LITERALS);
        std::memset(of, HP_FIXED_DISTANCE, HP_FIXED_DISTANCES);
        distances.build(of, HP_FIXED_DISTANCES);
    }

    void own(Reader &reader) {
        const int32_t literal_count = 257 + (int32_t)reader.take(5), distance_count = 1 + (int32_t)reader.take(5);
        const int32_t told = 4 + (int32_t)reader.take(4);
        uint8_t of[HP_FIXED_LITERALS + HP_FIXED_DISTANCES] = {0};
        for (int32_t i = 0; i < told; ++i) of[hp_run_code_order[i]] = (uint8_t)reader.take(3);
        lengths.build(of, HP_RUN_CODES);
        const int32_t count = literal_count + distance_count;
        for (int32_t i = 0; i < count;) {
            const int32_t code = lengths.next(reader);
            const RunCode run = hp_run_code(code);
            const int32_t end = i + run.least + (int32_t)reader.take(run.extra);
            if (end > count || (code == HP_AGAIN && !i)) throw Damaged();
            const uint8_t length = code < HP_AGAIN ? (uint8_t)code : code == HP_AGAIN ? of[i - 1] : (uint8_t)0;
            while (i < end) of[i++] = length;
        }
        literals.build(of, literal_count);
        distances.build(of + literal_count, distance_count);
    }

    void skip_symbols(Reader &reader) const {
        for (int32_t symbol; (symbol = literals.next(reader)) != HP_END_OF_BLOCK;) {
            if (symbol < HP_END_OF_BLOCK) continue;
            if (symbol >= HP_LITERAL_CODES) throw Damaged();
            reader.skip(hp_length_extra(symbol - HP_END_OF_BLOCK - 1));
            const int32_t distance = distances.next(reader);
            if (distance >= HP_DISTANCE_CODES) throw Damaged();
            reader.skip(hp_distance_extra(distance));
        }
    }
};

void copy_bits(Reader from, int64_t end, BitWriter &to) {
    while (from.at < end) {
        const int32_t count = (int32_t)std::min<int64_t>(end - from.at, 31);
        to.put(from.take(count), count);
    }
}

struct Place {
    uint32_t kind;
    int64_t start, end;  // behind the three bits that say what it is
};

std::vector<Place> blocks_of(Reader reader, Codes &codes) {
    std::vector<Place> blocks;
    for (bool is_last = false; !is_last;) {
        is_last = reader.take(1);
        const uint32_t kind = reader.take(2);
        if (kind == HP_STORED_BLOCK) reader.align();
        const int64_t start = reader.at;
        if (kind == HP_STORED_BLOCK) {
            const uint32_t size = reader.take(16);
            reader.skip(16 + 8 * (int64_t)size);
        } else {
            if (kind == HP_FIXED_BLOCK)
                codes.fixed();
            else if (kind == HP_OWN_BLOCK)
                codes.own(reader);
            else
                throw Damaged();
            codes.skip_symbols(reader);
        }
        blocks.push_back({kind, start, reader.at});
    }
    return blocks;
}

}  // namespace

int32_t hp_join_deflate(const uint8_t *const *streams, const int64_t *sizes, int32_t count, int32_t threads,
                        uint8_t *joined, int64_t room, int64_t *joined_size) {
    try {
        std::vector<std::vector<Place>> blocks((size_t)count);
        std::atomic<bool> damaged(false);
        hp_run_items(threads, count, [&] {
            return [&, codes = Codes()](int64_t i) mutable {
                try {
                    blocks[(size_t)i] = blocks_of({streams[i], 8 * sizes[i]}, codes);
                } catch (const Damaged &) {
                    damaged = true;
                }
            };
        });
        BitWriter writer(joined, room);
        for (int32_t i = 0; i < count && !damaged; ++i)
            for (const Place &block : blocks[(size_t)i]) {
                const bool is_last = i == count - 1 && &block == &blocks[(size_t)i].back();
                writer.put((uint32_t)is_last | block.kind << 1, 3);
                if (block.kind == HP_STORED_BLOCK) writer.align();
                copy_bits({streams[i], 8 * sizes[i], block.start}, block.end, writer);
            }
        writer.align();
        *joined_size = damaged ? -1 : writer.size();
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}
