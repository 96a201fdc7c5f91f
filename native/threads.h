// Threads as a number: hp_run(threads, work) calls work(0) .. work(threads - 1), each on a thread of its own, or on the
// calling one where a thread could not be had or had not begun when the calling one was done. Throws std::bad_alloc,
// after all have ended, if one of them did.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

using HpWork = void (*)(const void *work, int32_t i);
void hp_run_each(int32_t threads, HpWork each, const void *work);

template <class Work>
void hp_run(int32_t threads, const Work &work) {
    if (threads <= 1) return work(0);
    hp_run_each(threads, [](const void *own, int32_t i) { (*(const Work *)own)(i); }, &work);
}

// The first item of share `i` of `count` items cut into `shares` nearly equal runs.
inline int64_t hp_share(int64_t count, int32_t shares, int32_t i) { return count * i / shares; }

// The number of threads that pays: no more than there are to be, with at least so many items for each.
inline int32_t hp_paying_threads(int32_t threads, int64_t count, int64_t least) {
    const int64_t paying = count / least;
    return paying < 1 ? 1 : paying < threads ? (int32_t)paying : threads;
}

// Calls work(first, end) for shares of `count` items, on as many threads as pay.
template <class Work>
void hp_run_shares(int32_t threads, int64_t count, int64_t least, const Work &work) {
    threads = hp_paying_threads(threads, count, least);
    hp_run(threads, [&](int32_t t) { work(hp_share(count, threads, t), hp_share(count, threads, t + 1)); });
}

// Items 0 .. count - 1, each done by the thread that is free first. make() is called by each thread: what it returns does
// one item, and may hold what the thread needs for all of its items.
template <class Make>
void hp_run_items(int32_t threads, int64_t count, const Make &make) {
    std::atomic<int64_t> next(0);
    hp_run(hp_paying_threads(threads, count, 1), [&](int32_t) {
        auto work = make();
        for (int64_t i; (i = next.fetch_add(1)) < count;) work(i);
    });
}

// Items first .. end in blocks, which threads take as they come, each from a share of its own, then what others have left:
// one that starts late, or is held up, does fewer.
class Blocks {
  public:
    Blocks(int64_t first, int64_t end, int64_t size, int32_t shares) : size_(size), shares_((std::size_t)shares) {
        for (int32_t i = 0; i < shares; ++i) {
            shares_[(std::size_t)i].next = first + hp_share(end - first, shares, i);
            shares_[(std::size_t)i].end = first + hp_share(end - first, shares, i + 1);
        }
    }
    bool take(int32_t thread, int64_t &first, int64_t &end) {
        for (std::size_t i = 0; i < shares_.size(); ++i) {
            Share &share = shares_[((std::size_t)thread + i) % shares_.size()];
            first = share.next.fetch_add(size_);
            end = first + size_ < share.end ? first + size_ : share.end;
            if (first < end) return true;
        }
        return false;
    }

  private:
    struct alignas(128) Share {  // no two in one line of the cache
        std::atomic<int64_t> next;
        int64_t end;
    };
    const int64_t size_;
    std::vector<Share> shares_;
};
