#include "base/threads.h"

#include <sched.h>

#include <algorithm>
#include <system_error>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/clock.h"
#include "base/error.h"

namespace ergon::base {
namespace {

// How long a thread spins before it sleeps. Assumed: loops follow each other within a few microseconds while a
// model runs, and a sleeping thread takes about 50 us to wake; a spin that much longer than a gap and shorter than a
// scheduler's slice costs little when others want the processor.
constexpr int spin_rounds = 4000;

void pause() {
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

/// Waits until `word` is no longer `old`: spins, then sleeps.
template <typename T>
void wait_while_equal(const std::atomic<T>& word, T old) {
    for (int i = 0; i < spin_rounds; ++i) {
        if (word.load(std::memory_order_acquire) != old) return;
        pause();
    }
    word.wait(old, std::memory_order_acquire);
}

}  // namespace

// A loop is open from its start until its caller has found no index left. A worker enters an open loop and leaves it when nothing is left;
// the caller closes the loop and waits for those inside. A worker that wakes too late finds the loop closed and is not waited for: on a
// machine with other work, a loop takes as long as the threads that came.
struct ThreadPool::State {
    // The loop at hand; written by the caller while the gate is closed and nobody is inside, read by who entered.
    Call call = nullptr;
    const void* context = nullptr;
    std::int64_t count = 0;
    std::int64_t grain = 1;

    static constexpr std::uint32_t open = std::uint32_t{1} << 31;
    alignas(64) std::atomic<std::uint32_t> generation{0};  // of loops: what idle workers wait on
    alignas(64) std::atomic<std::uint32_t> gate{0};        // `open`, and how many workers are inside
    alignas(64) std::atomic<std::int64_t> next{0};
    alignas(64) std::atomic<std::int64_t> busy_ns{0};
    std::atomic<bool> stop{false};
    std::vector<std::thread> workers;

    void work(int worker) {
        std::int64_t first = next.fetch_add(grain, std::memory_order_relaxed);
        if (first >= count) return;
        const Nanoseconds begin = now();
        for (; first < count; first = next.fetch_add(grain, std::memory_order_relaxed)) {
            call(context, first, std::min(first + grain, count), worker);
        }
        busy_ns.fetch_add((now() - begin).value(), std::memory_order_relaxed);
    }

    void worker_loop(int worker) {
        std::uint32_t seen = 0;
        for (;;) {
            wait_while_equal(generation, seen);
            seen = generation.load(std::memory_order_acquire);
            if (stop.load(std::memory_order_relaxed)) return;
            if (gate.fetch_add(1, std::memory_order_acquire) & open) work(worker);
            if (gate.fetch_sub(1, std::memory_order_release) == 1) gate.notify_one();
        }
    }

    void close_and_wait() {
        std::uint32_t inside = gate.fetch_and(~open, std::memory_order_acquire) & ~open;
        while (inside != 0) {
            wait_while_equal(gate, inside);
            inside = gate.load(std::memory_order_acquire);
        }
    }

    void end_workers() {
        stop = true;
        generation.fetch_add(1, std::memory_order_release);
        generation.notify_all();
        for (std::thread& worker : workers) worker.join();
    }
};

ThreadPool::ThreadPool(int threads) : state_(std::make_unique<State>()) {
    if (threads < 1) fail(ErrorCode::bad_argument, "the number of threads must be at least 1, not {}", threads);
    try {
        for (int worker = 1; worker < threads; ++worker) {
            state_->workers.emplace_back([state = state_.get(), worker] { state->worker_loop(worker); });
        }
    } catch (const std::system_error& error) {
        state_->end_workers();
        fail(ErrorCode::system, "cannot start {} threads: {}; ask for fewer with --threads", threads, error.what());
    }
}

ThreadPool::~ThreadPool() { state_->end_workers(); }

int ThreadPool::size() const { return static_cast<int>(state_->workers.size()) + 1; }

Nanoseconds ThreadPool::run_erased(std::int64_t count, std::int64_t grain, Call call, const void* context) {
    State& s = *state_;
    grain = std::max<std::int64_t>(grain, 1);
    if (count <= 0) return Nanoseconds(0);
    if (s.workers.empty() || count <= grain) {
        const Nanoseconds begin = now();
        for (std::int64_t first = 0; first < count; first += grain) call(context, first, std::min(first + grain, count), 0);
        return now() - begin;
    }
    s.call = call;
    s.context = context;
    s.count = count;
    s.grain = grain;
    s.next.store(0, std::memory_order_relaxed);
    s.busy_ns.store(0, std::memory_order_relaxed);
    s.gate.fetch_or(State::open, std::memory_order_release);
    s.generation.fetch_add(1, std::memory_order_release);
    s.generation.notify_all();
    s.work(0);
    s.close_and_wait();
    return Nanoseconds(s.busy_ns.load(std::memory_order_relaxed));
}

int available_processors() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
    return std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace ergon::base
