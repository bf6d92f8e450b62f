#include "base/threads.h"

#include <algorithm>
#include <exception>
#include <limits>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/clock.h"
#include "base/error.h"

namespace ergon::base {
namespace {

// How long a thread spins before it sleeps: about what a sleep and a wake take of processor time, on both sides
// together (measured: 21 to 24 us on the processor named Zen5-AVX512 in docs/performance.md). So waiting never costs
// more than twice the better of the two choices, whatever the gaps between loops; those within a step are of a few
// microseconds, those between requests are slept through.
constexpr Nanoseconds longest_spin{25'000};
constexpr int spins_between_looks = 16;  // at the clock, which takes longer than a pause

void pause() {
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

/// Waits until `word` is no longer `old`: spins, then sleeps. Returns how long it span.
template <typename T>
Nanoseconds wait_while_equal(const std::atomic<T>& word, T old) {
    if (word.load(std::memory_order_acquire) != old) return Nanoseconds(0);
    const Nanoseconds begin = now();
    for (Nanoseconds spun{}; spun < longest_spin; spun = now() - begin) {
        for (int i = 0; i < spins_between_looks; ++i) {
            if (word.load(std::memory_order_acquire) != old) return now() - begin;
            pause();
        }
    }
    word.wait(old, std::memory_order_acquire);
    return longest_spin;
}

}  // namespace

// A loop is open from its start until its caller has found no index left. A worker enters an open loop and leaves it
// when nothing is left; the caller closes the loop and waits for those inside. A worker that wakes too late finds the
// loop closed and is not waited for: on a machine with other work, a loop takes as long as the threads that came.
// Workers that are not in use sleep on `used`, so that no loop wakes them.
struct ThreadPool::State {
    // The loop at hand; written by the caller while the gate is closed and nobody is inside, read by who entered.
    Call call = nullptr;
    const void* context = nullptr;
    std::int64_t count = 0;
    std::int64_t grain = 1;
    int threads = 1;

    static constexpr std::uint32_t open = std::uint32_t{1} << 31;
    alignas(64) std::atomic<std::uint32_t> generation{0};  // of loops: what idle workers wait on
    alignas(64) std::atomic<std::uint32_t> gate{0};        // `open`, and how many workers are inside
    alignas(64) std::atomic<std::int64_t> next{0};
    std::atomic_flag failed;    // whoever sets it keeps what was thrown
    std::exception_ptr thrown;  // read when nobody is inside
    alignas(64) std::atomic<std::int64_t> busy_ns{0};
    alignas(64) std::atomic<std::int64_t> spun_ns{0};
    std::atomic<int> used{1};  // threads that take part
    std::atomic<bool> stop{false};
    std::vector<std::thread> workers;

    void work(int worker) {
        std::int64_t first = next.fetch_add(grain, std::memory_order_relaxed);
        if (first >= count) return;
        const Nanoseconds begin = now();
        try {
            for (; first < count; first = next.fetch_add(grain, std::memory_order_relaxed)) {
                call(context, first, std::min(first + grain, count), worker);
            }
        } catch (...) {
            next.store(count, std::memory_order_relaxed);
            if (!failed.test_and_set()) thrown = std::current_exception();
        }
        busy_ns.fetch_add((now() - begin).value(), std::memory_order_relaxed);
    }

    void worker_loop(int worker) {
        std::uint32_t seen = 0;
        for (;;) {
            for (int now_used = used.load(); worker >= now_used; now_used = used.load()) used.wait(now_used);
            spun_ns.fetch_add(wait_while_equal(generation, seen).value(), std::memory_order_relaxed);
            seen = generation.load(std::memory_order_acquire);
            if (stop.load(std::memory_order_relaxed)) return;
            // Who woke for a loop that is over may find one that it has no part in.
            if ((gate.fetch_add(1, std::memory_order_acquire) & open) && worker < threads) work(worker);
            if (gate.fetch_sub(1, std::memory_order_release) == 1) gate.notify_one();
        }
    }

    void close_and_wait() {
        std::uint32_t inside = gate.fetch_and(~open, std::memory_order_acquire) & ~open;
        while (inside != 0) {
            spun_ns.fetch_add(wait_while_equal(gate, inside).value(), std::memory_order_relaxed);
            inside = gate.load(std::memory_order_acquire);
        }
    }

    void end_workers() {
        stop = true;
        used = std::numeric_limits<int>::max();
        used.notify_all();
        generation.fetch_add(1, std::memory_order_release);
        generation.notify_all();
        for (std::thread& worker : workers) worker.join();
    }
};

ThreadPool::ThreadPool(int threads) : state_(std::make_unique<State>()) {
    if (threads < 1) fail(ErrorCode::bad_argument, "the number of threads must be at least 1, not {}", threads);
    state_->used = threads;
    try {
        for (int worker = 1; worker < threads; ++worker) {
            state_->workers.emplace_back([state = state_.get(), worker] { state->worker_loop(worker); });
        }
    } catch (const std::system_error& error) {
        state_->end_workers();
        fail(ErrorCode::system, "cannot start {} threads: {}; use fewer with --threads", threads, error.what());
    }
}

ThreadPool::~ThreadPool() {
    state_->end_workers();
}

int ThreadPool::size() const {
    return state_->used.load(std::memory_order_relaxed);
}

int ThreadPool::capacity() const {
    return static_cast<int>(state_->workers.size()) + 1;
}

void ThreadPool::use(int threads) {
    if (threads < 1 || threads > capacity()) {
        fail(ErrorCode::bad_argument, "a pool of {} threads cannot use {} of them", capacity(), threads);
    }
    if (state_->used.exchange(threads) < threads) state_->used.notify_all();
}

Nanoseconds ThreadPool::spinning() const {
    return Nanoseconds(state_->spun_ns.load(std::memory_order_relaxed));
}

Nanoseconds ThreadPool::run_erased(std::int64_t count, std::int64_t grain, Call call, const void* context) {
    State& s = *state_;
    grain = std::max<std::int64_t>(grain, 1);
    if (count <= 0) return Nanoseconds(0);
    if (size() == 1 || count <= grain) {
        const Nanoseconds begin = now();
        for (std::int64_t first = 0; first < count; first += grain)
            call(context, first, std::min(first + grain, count), 0);
        return now() - begin;
    }
    s.call = call;
    s.context = context;
    s.count = count;
    s.grain = grain;
    s.threads = size();
    s.next.store(0, std::memory_order_relaxed);
    s.busy_ns.store(0, std::memory_order_relaxed);
    s.gate.fetch_or(State::open, std::memory_order_release);
    s.generation.fetch_add(1, std::memory_order_release);
    s.generation.notify_all();
    s.work(0);
    s.close_and_wait();
    if (s.thrown) {
        s.failed.clear();
        std::rethrow_exception(std::exchange(s.thrown, nullptr));
    }
    return Nanoseconds(s.busy_ns.load(std::memory_order_relaxed));
}

}  // namespace ergon::base
