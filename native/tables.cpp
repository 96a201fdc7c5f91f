#include "tables.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "kept.h"

namespace {

const size_t kBytes = (size_t)HP_CODES + HP_LINES + (HP_LINES + HP_LANE_COUNT) * sizeof(int32_t);

const int64_t kPixelsPerThread = 1 << 16;  // fewer do not pay for waking a thread
const int64_t kPixelsPerTable = 1 << 21;   // one that was not kept takes as long to make as counting a million pixels

Kept<uint8_t, HP_KEPT_TABLES> kept[2];  // by state

#if defined(__linux__)
const size_t kHugePage = (size_t)1 << 21;
size_t whole_pages(size_t size) { return (size + kHugePage - 1) / kHugePage * kHugePage; }
#endif

int32_t share_of(int64_t pixels, int64_t each, int64_t most) { return (int32_t)std::min(pixels / each, most); }

}  // namespace

#if defined(__linux__)
// From a whole huge page on: else dark colours, which come first, would lie in small ones.
static uint8_t *new_huge_pages(size_t size) {
    size = whole_pages(size);
    void *bytes = mmap(nullptr, size + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED) return nullptr;
    uint8_t *const first = (uint8_t *)whole_pages((size_t)bytes);
    const size_t before = (size_t)(first - (uint8_t *)bytes);
    if (before) munmap(bytes, before);
    if (before < kHugePage) munmap(first + size, kHugePage - before);
    madvise(first, size, MADV_HUGEPAGE);  // fewer page faults; it does not matter if there are none
    return first;
}
static void free_huge_pages(uint8_t *bytes, size_t size) { munmap(bytes, whole_pages(size)); }
#else
const size_t kHugePage = SIZE_MAX;
static uint8_t *new_huge_pages(size_t) { return nullptr; }
static void free_huge_pages(uint8_t *, size_t) {}
#endif

uint8_t *hp_new_pages(size_t size) {
    uint8_t *bytes = size < kHugePage ? (uint8_t *)std::calloc(size, 1) : new_huge_pages(size);
    if (!bytes) throw std::bad_alloc();
    return bytes;
}

void hp_free_pages(uint8_t *bytes, size_t size) {
    if (size < kHugePage)
        std::free(bytes);
    else
        free_huge_pages(bytes, size);
}

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
