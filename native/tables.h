// Tables with a byte for each opaque colour, by its Morton code, and a flag for each line of 64 of them, with room for a
// list of lines. A table that is new costs more in page faults than counting a picture in it, so a few are kept for the
// next picture; memory is resident only where it was touched.
#pragma once
#include <cstddef>
#include <cstdint>

#include "cells.h"

enum { HP_KEPT_TABLES = 2 };

// How many threads count or look up this many pixels, each in a table of its own: the cores of a processor hand lines that
// another one has written over so slowly that a shared table takes longer, but for pictures of very many colours (map.cpp).
int32_t hp_table_count(int64_t pixels, int32_t threads);

// Zeros; many of them the system gives and takes back, whatever becomes of other memory. Throws std::bad_alloc.
uint8_t *hp_new_pages(size_t size);
void hp_free_pages(uint8_t *bytes, size_t size);

class Table {
  public:
    enum State { kClean, kStale };  // all zeros; anything
    Table(State state, int32_t thread);  // if it can, one that this thread had before; throws std::bad_alloc
    Table(Table &&other) noexcept : bytes_(other.bytes_), state_(other.state_), thread_(other.thread_) {
        other.bytes_ = nullptr;
    }
    Table(const Table &) = delete;
    Table &operator=(const Table &) = delete;
    ~Table();
    void is_clean() { state_ = kClean; }  // the caller has put back zeros wherever it wrote

    uint8_t *codes() const { return bytes_; }
    uint8_t *touched() const { return bytes_ + HP_CODES; }  // HP_LINES flags, for the use of the caller
    int32_t *lines() const { return (int32_t *)(touched() + HP_LINES); }  // room for HP_LINES numbers and HP_LANE_COUNT

  private:
    uint8_t *bytes_;
    State state_;
    int32_t thread_;
};
