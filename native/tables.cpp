#include "tables.h"

#include <atomic>
#include <cstdlib>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace {

const size_t kBytes = (size_t)HP_CODES + HP_LINES;

std::atomic<uint8_t *> kept_clean[HP_KEPT_TABLES], kept_stale[1];  // no lock: a fork may happen at any moment

#if defined(__linux__)
}  // namespace

uint8_t *hp_new_pages(size_t size) {
    void *bytes = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED) throw std::bad_alloc();
    madvise(bytes, size, MADV_HUGEPAGE);  // fewer page faults; it does not matter if there are none
    return (uint8_t *)bytes;
}
void hp_free_pages(uint8_t *bytes, size_t size) { munmap(bytes, size); }
#else
}  // namespace

uint8_t *hp_new_pages(size_t size) {
    void *bytes = std::calloc(size, 1);
    if (!bytes) throw std::bad_alloc();
    return (uint8_t *)bytes;
}
void hp_free_pages(uint8_t *bytes, size_t) { std::free(bytes); }
#endif

namespace {

template <size_t size>
uint8_t *take(std::atomic<uint8_t *> (&kept)[size]) {
    for (auto &slot : kept)
        if (uint8_t *bytes = slot.exchange(nullptr)) return bytes;
    return nullptr;
}

template <size_t size>
bool keep(std::atomic<uint8_t *> (&kept)[size], uint8_t *bytes) {
    for (auto &slot : kept) {
        uint8_t *empty = nullptr;
        if (slot.compare_exchange_strong(empty, bytes)) return true;
    }
    return false;
}

}  // namespace

Table::Table(State state) : bytes_(state == kClean ? take(kept_clean) : take(kept_stale)), state_(kStale) {
    if (!bytes_) bytes_ = hp_new_pages(kBytes);
}

Table::~Table() {
    if (bytes_ && !(state_ == kClean ? keep(kept_clean, bytes_) : keep(kept_stale, bytes_))) hp_free_pages(bytes_, kBytes);
}
