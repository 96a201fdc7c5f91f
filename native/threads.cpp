// Threads that wait for work between calls: the system may leave a new one behind its maker for milliseconds. They look
// for more work for a moment before they sleep, as one stage of a search follows the other, and to be woken takes longer
// than many of them.
#include "threads.h"

#include <condition_variable>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

#if !defined(_WIN32)
#include <pthread.h>
#endif
#if defined(__linux__)
#include <sched.h>
#endif

#include "kept.h"

namespace {

const size_t kWaiting = 64;    // threads that are kept
const int32_t kGlances = 1000;  // at the state of another thread, which gives way to all others, before sleep

struct Task {
    HpWork each;
    const void *work;
    std::atomic<bool> failed{false};

    void run(int32_t i) {
        try {
            each(work, i);
        } catch (const std::bad_alloc &) {  // what a thread throws would end the process
            failed = true;
        }
    }
};

#if defined(__linux__)
int32_t processor() { return sched_getcpu(); }

// Calls work(), which makes the thread able to run, so that it does elsewhere: Linux leaves a new thread, or one that it
// wakes, on the processor of its maker for many milliseconds where idle processors of a virtual machine look busy to it.
template <class Work>
void elsewhere(std::thread &thread, int32_t than, const Work &work) {
    cpu_set_t all, others;
    const pthread_t handle = thread.native_handle();
    const bool known = pthread_getaffinity_np(handle, sizeof all, &all) == 0;
    others = all;
    if (known) CPU_CLR((size_t)than, &others);
    const bool moved = known && CPU_COUNT(&others) && pthread_setaffinity_np(handle, sizeof others, &others) == 0;
    work();
    if (moved) pthread_setaffinity_np(handle, sizeof all, &all);
}
#else
int32_t processor() { return 0; }

template <class Work>
void elsewhere(std::thread &, int32_t, const Work &work) {
    work();
}
#endif

// The state tells of work that is given, begun and done. The mutex is only for those who sleep: taken at each change, it would
// send the other one to sleep, who sees the change, and wants the mutex, before it is free again.
class Worker {
  public:
    Worker *next = nullptr;  // of those that work for the same caller

    Worker() : thread_([this] { serve(); }) {}  // throws std::system_error
    ~Worker() {
        set(kEnding);
        thread_.join();
    }

    void give(Task &task, int32_t number) {
        task_ = &task;
        number_ = number;
        const int32_t here = processor();
        if (sleepers_ || place_ == here)
            elsewhere(thread_, here, [this] { set(kGiven); });
        else
            set(kGiven);
    }

    // Ends when the task is done; one that was not begun is done here.
    void finish() {
        if (change(kGiven, kIdle))
            task_->run(number_);
        else
            wait_while(kBegun, [] {});
    }

  private:
    enum State : int32_t { kIdle, kGiven, kBegun, kEnding };

    void serve() {
        do {
            wait_while(kIdle, [this] { place_ = processor(); });
            if (change(kGiven, kBegun)) {
                task_->run(number_);
                set(kIdle);
            }
        } while (state_ != kEnding);
    }

    bool change(State from, State to) { return state_.compare_exchange_strong(from, to); }

    void set(State state) {
        state_ = state;
        if (!sleepers_) return;
        const std::lock_guard<std::mutex> lock(mutex_);
        changed_.notify_all();
    }

    template <class Glance>
    void wait_while(State state, const Glance &glance) {
        for (int32_t i = 0; i < kGlances && state_ == state; ++i) {
            glance();
            std::this_thread::yield();
        }
        if (state_ != state) return;
        std::unique_lock<std::mutex> lock(mutex_);
        ++sleepers_;  // before the last look at the state, as set() looks at this after changing it
        changed_.wait(lock, [this, state] { return state_ != state; });
        --sleepers_;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::atomic<State> state_{kIdle};
    std::atomic<int32_t> sleepers_{0};
    Task *task_ = nullptr;
    int32_t number_ = 0;
    std::atomic<int32_t> place_{processor()};  // from where it looked for work; at first that of its maker
    std::thread thread_;  // last: it begins with the others in place
};

Kept<Worker, kWaiting> waiting;

#if !defined(_WIN32)
void end_waiting() {  // a fork copies no threads, and some programs are told off for having any
    while (Worker *worker = waiting.take()) delete worker;
}
void forget_waiting() {
    while (waiting.take()) continue;
}
const int at_fork = pthread_atfork(end_waiting, nullptr, forget_waiting);
#endif

Worker *new_worker() {
    try {
        return new Worker;
    } catch (const std::system_error &) {
    } catch (const std::bad_alloc &) {
    }
    return nullptr;  // no more threads to be had
}

}  // namespace

void hp_run_each(int32_t threads, HpWork each, const void *work) {
    Task task{each, work};
    Worker *first = nullptr, **end = &first;  // a chain: where no memory is left, work is done all the same
    int32_t given = 1;
    for (; given < threads; ++given) {
        Worker *worker = waiting.take();
        if (!worker) worker = new_worker();
        if (!worker) break;
        worker->give(task, given);
        *end = worker;
        end = &worker->next;
    }
    *end = nullptr;
    task.run(0);
    for (int32_t i = given; i < threads; ++i) task.run(i);
    while (Worker *worker = first) {
        first = worker->next;
        worker->finish();
        if (!waiting.keep(worker)) delete worker;
    }
    if (task.failed) throw std::bad_alloc();
}
