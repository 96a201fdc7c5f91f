#include "tables.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "kept.h"

namespace {

const size_t kBytes = (size_t)HP_CODES + HP_LINES;

const int64_t kPixelsPerThread = 1 << 16;  // fewer do not pay for waking a thread
const int64_t kPixelsPerTable = 1 << 21;   // one that was not kept takes as long to make as counting a million pixels

Kept<uint8_t, HP_KEPT_TABLES> kept[2];  // by state

int32_t share_of(int64_t pixels, int64_t each, int64_t most) { return (int32_t)std::min(pixels / each, most); }

}  // namespace

#if defined(__linux__)
uint8_t *hp_new_pages(size_t size) {
    const size_t huge = (size_t)1 << 21;  // begins at a whole huge page: else dark colours, which come first, lie in small ones
    void *whole = mmap(nullptr, size + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (whole == MAP_FAILED) throw std::bad_alloc();
    const size_t before = (huge - (uintptr_t)whole % huge) % huge;
    uint8_t *const bytes = (uint8_t *)whole + before;
    if (before) munmap(whole, before);
    if (before < huge) munmap(bytes + (size + 4095) / 4096 * 4096, huge - before);
    madvise(bytes, size, MADV_HUGEPAGE);  // fewer page faults; it does not matter if there are none
    return bytes;
}
void hp_free_pages(uint8_t *bytes, size_t size) { munmap(bytes, size); }
#else
uint8_t *hp_new_pages(size_t size) {
    void *bytes = std::calloc(size, 1);
    if (!bytes) throw std::bad_alloc();
    return (uint8_t *)bytes;
}
void hp_free_pages(uint8_t *bytes, size_t) { std::free(bytes); }
#endif

int32_t hp_table_count(int64_t pixels, int32_t threads) {
    const int32_t useful = std::max(share_of(pixels, kPixelsPerThread, HP_KEPT_TABLES),
                                    share_of(pixels, kPixelsPerTable, HP_MOST_TABLES));
    return std::max(1, std::min(threads, useful));
}

Table::Table(State state, int32_t thread) : bytes_(kept[state].take((size_t)thread)), state_(kStale), thread_(thread) {
    if (!bytes_) bytes_ = hp_new_pages(kBytes);
}

Table::~Table() {
    if (bytes_ && !kept[state_].keep(bytes_, (size_t)thread_)) hp_free_pages(bytes_, kBytes);
}
