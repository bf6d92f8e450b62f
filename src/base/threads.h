#pragma once
// A pool of threads for parallel loops whose bodies take microseconds: workers spin briefly, then sleep.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/units.h"

namespace ergon::base {

/// Runs loops over [0, count) on a number of threads, the caller being one of them. One loop at a time: calls from
/// several threads are the caller's to order. Which thread runs which index is not fixed; results must not depend on
/// it.
class ThreadPool {
  public:
    /// `threads` counts the caller; at least 1. Throws Error(system) if threads cannot be started.
    explicit ThreadPool(int threads);
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    /// Threads that take part in a loop, the caller included: all of them, unless use() said otherwise.
    int size() const;
    /// Threads that were started, the caller included.
    int capacity() const;
    /// Between loops: only so many threads (1 to capacity()) take part from now on; the others sleep. Costs nothing
    /// where it changes nothing.
    void use(int threads);
    /// Time that all threads together spent spinning while they waited, so far: what waiting without sleep costs.
    Nanoseconds spinning() const;

    /// Calls body(begin, end, worker) on disjoint ranges of at most `grain` indices that cover [0, count); worker is in
    /// [0, size()). Returns when all are done. What a body throws (the first, where several do) is thrown on here, once
    /// all have stopped; the indices that were not begun are left out. Returns the time that the workers were busy,
    /// summed over them.
    template <typename Body>
    Nanoseconds run(std::int64_t count, std::int64_t grain, const Body& body) {
        return run_erased(
            count, grain,
            [](const void* context, std::int64_t begin, std::int64_t end, int worker) {
                (*static_cast<const Body*>(context))(begin, end, worker);
            },
            &body);
    }

    /// Calls body(i) for each i in [0, count). Returns as run() does.
    template <typename Body>
    Nanoseconds for_each(std::int64_t count, const Body& body) {
        // Four pieces for each thread: small enough that the last one does not keep the others waiting.
        return run(count, std::max<std::int64_t>(count / (4 * size()), 1),
                   [&](std::int64_t begin, std::int64_t end, int) {
                       for (std::int64_t i = begin; i < end; ++i) body(i);
                   });
    }

  private:
    using Call = void (*)(const void* context, std::int64_t begin, std::int64_t end, int worker);
    Nanoseconds run_erased(std::int64_t count, std::int64_t grain, Call call, const void* context);

    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace ergon::base
