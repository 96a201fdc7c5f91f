// Streams of deflate (RFC 1951) one after the other as one: their blocks, of which only the last is marked as final. Blocks
// begin at any bit, so that all symbols have to be read to find where each ends.
#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>
#include <vector>

#include "huepress.h"
#include "threads.h"

namespace {

enum { MOST_BITS = 15, LITERALS = 288, DISTANCES = 32, END_OF_BLOCK = 256, DIRECT_BITS = 10, ENTRIES = 1 << DIRECT_BITS };

struct Damaged {};

int64_t next_byte(int64_t bit) { return (bit + 7) & ~(int64_t)7; }

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
    uint32_t take(int32_t count) {
        const uint32_t bits = peek() & ((1u << count) - 1);
        skip(count);
        return bits;
    }
};

struct Writer {
    uint8_t *data;
    int64_t at = 0;  // in bits

    void put(uint32_t bits, int32_t count) {  // up to 32
        const uint64_t kept = at & 7 ? data[at >> 3] : 0, added = bits & (((uint64_t)1 << count) - 1);
        uint64_t held = kept | added << (at & 7);
        for (int64_t byte = at >> 3; byte <= (at + count) >> 3; ++byte, held >>= 8) data[byte] = (uint8_t)held;
        at += count;
    }
    void align() { at = next_byte(at); }
};

// A prefix code. By the next 10 bits a symbol and the length of its code, or 0 where it is longer: then by what codes of
// each length begin with, as they and their symbols ascend.
struct Code {
    uint16_t entry[ENTRIES];
    uint32_t first[MOST_BITS + 1];
    std::vector<uint16_t> symbols[MOST_BITS + 1];

    void build(const uint8_t *lengths, int32_t count) {
        std::memset(entry, 0, sizeof entry);
        uint32_t code = 0;
        for (int32_t length = 1; length <= MOST_BITS; ++length, code <<= 1) {
            first[length] = code;
            symbols[length].clear();
            for (int32_t symbol = 0; symbol < count; ++symbol)
                if (lengths[symbol] == length) fill(code++, length, symbol);
        }
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
        for (int32_t length = 1; length <= MOST_BITS; ++length, bits >>= 1) {
            code = code << 1 | (bits & 1);
            if (code < first[length] || code - first[length] >= symbols[length].size()) continue;
            reader.skip(length);
            return symbols[length][code - first[length]];
        }
        throw Damaged();
    }

    void fill(uint32_t code, int32_t length, int32_t symbol) {
        if (code >> length) throw Damaged();
        symbols[length].push_back((uint16_t)symbol);
        uint32_t reversed = 0;
        for (int32_t bit = 0; bit < length; ++bit) reversed |= (code >> bit & 1) << (length - 1 - bit);
        for (uint32_t place = reversed; length <= DIRECT_BITS && place < ENTRIES; place += 1u << length)
            entry[place] = (uint16_t)(symbol << 4 | length);
    }
};

struct Codes {
    Code literals, distances, lengths;

    void fixed() {
        uint8_t of[LITERALS];
        for (int32_t i = 0; i < LITERALS; ++i) of[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
        literals.build(of, LITERALS);
        std::memset(of, 5, DISTANCES);
        distances.build(of, DISTANCES);
    }

    void dynamic(Reader &reader) {
        static const uint8_t order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
        const int32_t literal_count = 257 + (int32_t)reader.take(5), distance_count = 1 + (int32_t)reader.take(5);
        const int32_t length_count = 4 + (int32_t)reader.take(4);
        uint8_t of[LITERALS + DISTANCES] = {0};
        for (int32_t i = 0; i < length_count; ++i) of[order[i]] = (uint8_t)reader.take(3);
        lengths.build(of, 19);
        const int32_t count = literal_count + distance_count;
        for (int32_t i = 0; i < count;) {
            const int32_t symbol = lengths.next(reader);
            int32_t times = 1;
            uint8_t length = (uint8_t)symbol;
            if (symbol == 16) {
                if (!i) throw Damaged();
                length = of[i - 1];
                times = 3 + (int32_t)reader.take(2);
            } else if (symbol > 16) {
                length = 0;
                times = symbol == 17 ? 3 + (int32_t)reader.take(3) : 11 + (int32_t)reader.take(7);
            }
            if (i + times > count) throw Damaged();
            while (times--) of[i++] = length;
        }
        literals.build(of, literal_count);
        distances.build(of + literal_count, distance_count);
    }

    void skip_symbols(Reader &reader) const {
        for (int32_t symbol; (symbol = literals.next(reader)) != END_OF_BLOCK;) {
            if (symbol < END_OF_BLOCK) continue;
            if (symbol > 264 && symbol < 285) reader.skip((symbol - 261) / 4);
            const int32_t distance = distances.next(reader);
            if (distance > 3) reader.skip(distance / 2 - 1);
        }
    }
};

void copy_bits(Reader from, int64_t end, Writer &to) {
    for (int32_t count; from.at < end; from.at += count) {
        count = (int32_t)(end - from.at < 32 ? end - from.at : 32);
        to.put(from.peek(), count);
    }
}

struct Block {
    uint32_t kind;
    int64_t start, end;  // behind the three bits that say what it is
};

std::vector<Block> blocks_of(Reader reader, Codes &codes) {
    std::vector<Block> blocks;
    for (bool final = false; !final;) {
        final = reader.take(1);
        const uint32_t kind = reader.take(2);
        if (kind == 0) reader.at = next_byte(reader.at);
        const int64_t start = reader.at;
        if (kind == 0) {
            const uint32_t size = reader.take(16);
            reader.skip(16 + 8 * (int64_t)size);
        } else {
            if (kind == 1)
                codes.fixed();
            else if (kind == 2)
                codes.dynamic(reader);
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
                        uint8_t *joined, int64_t *size) {
    try {
        std::vector<std::vector<Block>> blocks((size_t)count);
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
        Writer writer{joined};
        for (int32_t i = 0; i < count && !damaged; ++i)
            for (const Block &block : blocks[(size_t)i]) {
                const bool is_last = i == count - 1 && &block == &blocks[(size_t)i].back();
                writer.put((uint32_t)is_last | block.kind << 1, 3);
                if (block.kind == 0) writer.align();
                copy_bits({streams[i], 8 * sizes[i], block.start}, block.end, writer);
            }
        *size = damaged ? -1 : next_byte(writer.at) / 8;
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}
