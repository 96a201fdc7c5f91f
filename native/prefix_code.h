// Prefix codes, as deflate (RFC 1951) has them: told by the length of each symbol's code, 0 where a symbol has none.
#pragma once
#include <cstdint>

enum { HP_LONGEST_CODE = 15 };

// The lengths, up to `longest`, with which symbols that occur so often take the fewest bits. One that occurs alone, or two,
// get a length of 1.
void hp_code_lengths(const uint32_t *counts, int32_t size, int32_t longest, uint8_t *lengths);

// The codes of these lengths: of equally long ones ascending with their symbols, as they are written, highest bit first.
void hp_prefix_codes(const uint8_t *lengths, int32_t size, uint16_t *codes);
