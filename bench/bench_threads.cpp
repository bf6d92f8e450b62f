// A parallel loop as a decoded token has hundreds of (64 pieces of about 2 us), by our pool and by OpenMP, alone and
// with other busy threads on the machine: bench_threads. docs/decisions.md says what was decided.

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <vector>

#include "base/competitors.h"
#include "base/processors.h"
#include "base/threads.h"

namespace {

using namespace ergon;

constexpr std::int64_t pieces = 64;

/// About 2 us of arithmetic that cannot be left out.
std::uint64_t piece(std::uint64_t x) {
    for (int i = 0; i < 1500; ++i) x = x * 6364136223846793005u + 1442695040888963407u;
    return x;
}

/// Times `loop`, which fills the results of all pieces; they are checked first.
template <typename Loop>
void time_loop(benchmark::State& state, int competitors, const Loop& loop) {
    std::vector<std::uint64_t> results(pieces);
    loop(results);
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (results[i] != piece(i)) return state.SkipWithError("a piece is missing");
    }
    const test::Competitors others(competitors);
    for (auto _ : state) loop(results);
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    const int all = base::available_processors();
    for (const int competitors : {0, 1, all}) {
        for (const int threads : {1, all, 2 * all}) {
            const auto name = [&](const char* who) {
                return fmt::format("{}/threads:{}/competitors:{}", who, threads, competitors);
            };
            benchmark::RegisterBenchmark(name("pool").c_str(),
                                         [=](benchmark::State& state) {
                                             base::ThreadPool pool(threads);
                                             time_loop(state, competitors, [&](std::vector<std::uint64_t>& results) {
                                                 pool.run(pieces, 1, [&](std::int64_t begin, std::int64_t, int) {
                                                     results[static_cast<std::size_t>(begin)] =
                                                         piece(static_cast<std::uint64_t>(begin));
                                                 });
                                             });
                                         })
                ->UseRealTime()
                ->Unit(benchmark::kMicrosecond);
            benchmark::RegisterBenchmark(name("openmp").c_str(),
                                         [=](benchmark::State& state) {
                                             time_loop(state, competitors, [&](std::vector<std::uint64_t>& results) {
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
                                                 for (std::int64_t i = 0; i < pieces; ++i) {
                                                     results[static_cast<std::size_t>(i)] =
                                                         piece(static_cast<std::uint64_t>(i));
                                                 }
                                             });
                                         })
                ->UseRealTime()
                ->Unit(benchmark::kMicrosecond);
        }
    }
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
