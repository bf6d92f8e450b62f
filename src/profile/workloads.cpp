#include "profile/workloads.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <functional>
#include <numeric>
#include <optional>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/threads.h"
#include "kernels/throughput.h"

namespace ergon::profile {
namespace {

using base::Nanoseconds;
using base::Seconds;
using energy::Resource;
using energy::Usage;

// A piece of a workload takes about a millisecond: long beside what the pool costs, short beside the run (assumed).
constexpr std::int64_t piece_bytes = 4 << 20;
constexpr std::int64_t piece_rounds = 100'000;

constexpr std::size_t words_of(std::int64_t bytes) {
    return static_cast<std::size_t>(bytes) / sizeof(std::uint64_t);
}

std::int64_t size_or(int name, std::int64_t otherwise) {
    const long size = ::sysconf(name);
    return size > 0 ? size : otherwise;
}

/// The sum of words; several at a time, so that reading is all that takes time.
std::uint64_t sum(const std::uint64_t* words, std::size_t count) {
    std::array<std::uint64_t, 16> parts{};
    for (std::size_t i = 0; i + parts.size() <= count; i += parts.size()) {
        for (std::size_t k = 0; k < parts.size(); ++k) parts[k] += words[i + k];
    }
    return std::accumulate(parts.begin(), parts.end(), std::uint64_t{0});
}

/// Keeps a result that nobody needs, so that the work for it is done.
void keep(std::uint64_t value) {
    asm volatile("" : : "r"(value) : "memory");
}

/// Does one piece of a workload as one of the workers and says how much it was.
using WorkItem = std::function<std::int64_t(int worker, std::int64_t item)>;

struct Run {
    Nanoseconds elapsed{}, busy{};
    std::int64_t amount = 0;
};

/// All workers take pieces until the time is over.
Run run_items(int threads, Seconds at_least, const WorkItem& item) {
    base::ThreadPool pool(threads);
    std::vector<std::int64_t> amounts(static_cast<std::size_t>(threads) * 8);  // a cache line each
    const Nanoseconds begin = base::now();
    const Nanoseconds end = begin + Nanoseconds(static_cast<std::int64_t>(at_least.value() * 1e9));
    Run run;
    std::int64_t next = 0;
    while (base::now() < end) {
        const std::int64_t count = std::int64_t{8} * threads;
        run.busy += pool.run(count, 1, [&](std::int64_t first, std::int64_t last, int worker) {
            for (std::int64_t i = first; i < last; ++i) {
                amounts[static_cast<std::size_t>(worker) * 8] += item(worker, next + i);
            }
        });
        next += count;
    }
    run.elapsed = base::now() - begin;
    run.amount = std::accumulate(amounts.begin(), amounts.end(), std::int64_t{0});
    return run;
}

}  // namespace

CacheSizes cache_sizes() {
    return {size_or(_SC_LEVEL1_DCACHE_SIZE, 32 << 10), size_or(_SC_LEVEL2_CACHE_SIZE, 1 << 20),
            size_or(_SC_LEVEL3_CACHE_SIZE, 32 << 20)};
}

struct Workloads::State {
    CacheSizes caches = cache_sizes();
    std::vector<std::uint64_t> words;
    Usage last;  // of the last run

    std::int64_t memory_bytes() const { return static_cast<std::int64_t>(words.size() * sizeof(std::uint64_t)); }

    /// Reads `bytes` over and over, each worker its own.
    WorkItem stream_own(std::int64_t bytes) const {
        return [this, bytes](int worker, std::int64_t) {
            // Many threads with large caches may have more than the buffer holds: some then share a stretch.
            const std::int64_t places = std::max<std::int64_t>(memory_bytes() / bytes, 1);
            const std::uint64_t* const own = words.data() + static_cast<std::size_t>(worker % places) * words_of(bytes);
            std::int64_t read = 0;
            for (; read < piece_bytes; read += bytes) keep(sum(own, words_of(bytes)));
            return read;
        };
    }
    /// Reads `bytes` over and over, all workers together, in equal pieces; small ones several times each.
    WorkItem stream_together(std::int64_t bytes) const {
        const std::int64_t pieces = (bytes + piece_bytes - 1) / piece_bytes, size = bytes / pieces;
        return [this, pieces, size](int, std::int64_t item) {
            const std::uint64_t* const own = words.data() + words_of(item % pieces * size);
            std::int64_t read = 0;
            for (; read < piece_bytes / 2; read += size) keep(sum(own, words_of(size)));
            return read;
        };
    }
    static std::int64_t spin(int, std::int64_t item) {
        auto x = static_cast<std::uint64_t>(item) | 1;
        for (int i = 0; i < 500'000; ++i) {  // a shift register: each step needs the one before
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
        }
        keep(x);
        return 0;
    }

    Usage usage_of(const Run& run, std::optional<Resource> resource) const {
        Usage usage;
        usage[Resource::time] = base::to_seconds(run.elapsed).value();
        usage[Resource::busy_time] = base::to_seconds(run.busy).value();
        if (resource) usage[*resource] = static_cast<double>(run.amount);
        return usage;
    }
};

Workloads::Workloads() : state_(std::make_unique<State>()) {
    const std::int64_t bytes = std::max<std::int64_t>(4 * state_->caches.last, 256 << 20);
    const base::Bytes free = base::available_memory();
    if (bytes > free.value()) {
        base::fail(base::ErrorCode::out_of_budget,
                   "Measuring the memory speed needs {} of memory, but only {} are free; close other programs.",
                   base::readable(base::Bytes(bytes)), base::readable(free));
    }
    state_->words.assign(words_of(bytes), 1);
}

Workloads::~Workloads() = default;

std::vector<energy::Workload> Workloads::all(int threads) const {
    State* const state = state_.get();
    std::vector<energy::Workload> list;
    const auto account = [state] { return state->last; };
    list.push_back({"idle",
                    [state](Seconds at_least) {
                        const Nanoseconds begin = base::now();
                        base::sleep_for(at_least);
                        state->last = state->usage_of({base::now() - begin, {}, 0}, std::nullopt);
                    },
                    account});
    const auto add = [&](const char* what, int count, std::optional<Resource> resource, WorkItem item) {
        list.push_back({fmt::format("{}, {} thread{}", what, count, count == 1 ? "" : "s"),
                        [state, count, resource, item = std::move(item)](Seconds at_least) {
                            state->last = state->usage_of(run_items(count, at_least, item), resource);
                        },
                        account});
    };
    std::vector<int> counts;
    for (int count = 1; count < threads; count *= 2) counts.push_back(count);
    counts.push_back(threads);
    const CacheSizes& caches = state->caches;
    for (const int count : counts) {
        add("spin", count, std::nullopt, &State::spin);
        add("first cache", count, Resource::near_bytes, state->stream_own(caches.first / 2));
        add("second cache", count, Resource::near_bytes, state->stream_own(caches.second / 2));
        add("last cache", count, Resource::shared_bytes, state->stream_together(caches.last / 2));
        add("memory", count, Resource::memory_bytes, state->stream_together(state->memory_bytes()));
        add("F32 products", count, Resource::float_operations,
            [](int, std::int64_t) { return kernels::run_float_chains(piece_rounds); });
        add("int8 products", count, Resource::int8_operations,
            [](int, std::int64_t) { return kernels::run_byte_chains(piece_rounds); });
    }
    return list;
}

MachineLimits best_of(const MachineLimits& a, const MachineLimits& b) {
    return {a.threads, a.from_cache, std::max(a.bytes_per_second, b.bytes_per_second),
            std::max(a.float_operations_per_second, b.float_operations_per_second),
            std::max(a.int8_operations_per_second, b.int8_operations_per_second)};
}

MachineLimits Workloads::limits(int threads, base::Bytes weights, Seconds each) const {
    const auto best = [&](const WorkItem& item) {
        double rate = 0;
        for (int i = 0; i < 3; ++i) {
            const Run run = run_items(threads, each, item);
            rate = std::max(rate, static_cast<double>(run.amount) / base::to_seconds(run.elapsed).value());
        }
        return rate;
    };
    // Each worker reads its part of the weights: that part may fit a cache of its own, where all together would not.
    const std::int64_t least = 4096;
    const std::int64_t bytes = std::clamp(weights.value(), least, state_->memory_bytes());
    const double together = best(state_->stream_together(bytes));
    const double apart = best(state_->stream_own(std::max(bytes / threads, least)));
    return {threads, bytes <= state_->caches.last, std::max(together, apart),
            best([](int, std::int64_t) { return kernels::run_float_chains(piece_rounds); }),
            best([](int, std::int64_t) { return kernels::run_byte_chains(piece_rounds); })};
}

}  // namespace ergon::profile
