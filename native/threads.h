// Threads as a number: hp_run(threads, work) calls work(0) .. work(threads - 1), each on a thread of its own, or on the
// calling one where a thread could not be had or had not begun when the calling one was done. Throws std::bad_alloc,
// after all have ended, if one of them did.
#pragma once
#include <atomic>
#include <cstdint>

using HpWork = void (*)(const void *work, int32_t i);
void hp_run_each(int32_t threads, HpWork each, const void *work);

template <class Work>
void hp_run(int32_t threads, const Work &work) {
    if (threads <= 1) return work(0);
    hp_run_each(threads, [](const void *own, int32_t i) { (*(const Work *)own)(i); }, &work);
}

// Items first .. end in blocks, which threads take as they come: one that starts late, or is held up, does fewer.
class Blocks {
  public:
    Blocks(int64_t first, int64_t end, int64_t size) : next_(first), end_(end), size_(size) {}
    bool take(int64_t &first, int64_t &end) {
        first = next_.fetch_add(size_);
        end = first + size_ < end_ ? first + size_ : end_;
        return first < end_;
    }

  private:
    std::atomic<int64_t> next_;
    const int64_t end_, size_;
};

// The first item of share `i` of `count` items cut into `shares` nearly equal runs.
inline int64_t hp_share(int64_t count, int32_t shares, int32_t i) { return count * i / shares; }
