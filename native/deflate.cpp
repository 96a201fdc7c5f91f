// Streams of deflate (RFC 1951) one after the other as one: their blocks, of which only the last is marked as final. Blocks
// begin at any bit, so that all symbols have to be read to find where each ends.
#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

#include "huepress.h"

namespace {

enum { PEEKED = 56, MOST_BITS = 15, LITERALS = 288, DISTANCES = 32, END_OF_BLOCK = 256, ENTRIES = 1 << MOST_BITS };

struct Damaged {};

int64_t next_byte(int64_t bit) { return (bit + 7) & ~(int64_t)7; }

struct Reader {
    const uint8_t *data;
    int64_t size, at = 0;  // in bits

    uint64_t peek() const {  // PEEKED bits or more, beyond the end 0
        uint64_t bits = 0;
        const int64_t byte = at >> 3, rest = (size >> 3) - byte;
        if (rest >= 8)
            std::memcpy(&bits, data + byte, 8);
        else if (rest > 0)
            std::memcpy(&bits, data + byte, (size_t)rest);
        return bits >> (at & 7);
    }
    void skip(int64_t count) {
        at += count;
        if (at > size) throw Damaged();
    }
    uint32_t take(int32_t count) {
        const uint32_t bits = (uint32_t)peek() & ((1u << count) - 1);
        skip(count);
        return bits;
    }
};

struct Writer {
    uint8_t *data;
    int64_t at = 0;  // in bits

    void put(uint64_t bits, int32_t count) {  // up to PEEKED; writes 8 bytes
        const uint64_t kept = at & 7 ? data[at >> 3] : 0, added = bits & (((uint64_t)1 << count) - 1);
        const uint64_t held = kept | added << (at & 7);
        std::memcpy(data + (at >> 3), &held, 8);
        at += count;
    }
    void align() { at = next_byte(at); }
};

// A prefix code: by as many of the next bits as its longest code has a symbol and the length of its code, or 0.
struct Code {
    std::vector<uint16_t> entry = std::vector<uint16_t>(ENTRIES);
    int32_t longest = 0;

    void build(const uint8_t *lengths, int32_t count) {
        longest = *std::max_element(lengths, lengths + count);
        std::memset(entry.data(), 0, sizeof entry[0] << longest);
        uint32_t code = 0;
        for (int32_t length = 1; length <= longest; ++length, code <<= 1)
            for (int32_t symbol = 0; symbol < count; ++symbol)
                if (lengths[symbol] == length) fill(code++, length, symbol);
    }

    int32_t next(uint64_t bits, int32_t &used) const {  // behind those that are used
        const uint16_t found = entry[bits >> used & ((1u << longest) - 1)];
        if (!found) throw Damaged();
        used += found & 15;
        return found >> 4;
    }

  private:
    void fill(uint32_t code, int32_t length, int32_t symbol) {
        if (code >> length) throw Damaged();
        uint32_t reversed = 0;
        for (int32_t bit = 0; bit < length; ++bit) reversed |= (code >> bit & 1) << (length - 1 - bit);
        for (uint32_t place = reversed; place < 1u << longest; place += 1u << length)
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
            int32_t used = 0, times = 1;
            const int32_t symbol = lengths.next(reader.peek(), used);
            reader.skip(used);
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
        if (literal_count > LITERALS) throw Damaged();
        literals.build(of, literal_count);
        distances.build(of + literal_count, distance_count);
    }

    void skip_symbols(Reader &reader) const {
        for (int32_t symbol = 0; symbol != END_OF_BLOCK;) {
            const uint64_t bits = reader.peek();  // of a symbol and a distance, at most 48
            int32_t used = 0;
            symbol = literals.next(bits, used);
            if (symbol > END_OF_BLOCK) {
                if (symbol > 264 && symbol < 285) used += (symbol - 261) / 4;
                const int32_t distance = distances.next(bits, used);
                if (distance > 3) used += distance / 2 - 1;
            }
            reader.skip(used);
        }
    }
};

void copy(Reader from, int64_t end, Writer &to) {
    for (int32_t count; from.at < end; from.at += count) {
        count = (int32_t)std::min<int64_t>(end - from.at, PEEKED);
        to.put(from.peek(), count);
    }
}

// Copies the blocks of a stream.
void append(Reader reader, bool is_last, Codes &codes, Writer &writer) {
    for (bool final = false; !final;) {
        final = reader.take(1);
        const uint32_t kind = reader.take(2);
        writer.put((final && is_last) | kind << 1, 3);
        Reader start = reader;
        if (kind == 0) {
            reader.at = start.at = next_byte(reader.at);
            writer.align();
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
        copy(start, reader.at, writer);
    }
}

}  // namespace

int32_t hp_join_deflate(const uint8_t *const *streams, const int64_t *sizes, int32_t count, uint8_t *joined,
                        int64_t *size) {
    try {
        Codes codes;
        Writer writer{joined};
        for (int32_t i = 0; i < count; ++i) append({streams[i], 8 * sizes[i]}, i == count - 1, codes, writer);
        *size = next_byte(writer.at) / 8;
        return HP_OK;
    } catch (const Damaged &) {
        *size = -1;
        return HP_OK;
    } catch (const std::bad_alloc &) {
        return HP_NO_MEMORY;
    }
}
