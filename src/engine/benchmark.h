#pragma once
// Speed and joules of reading and of generating, at given lengths and batch sizes.

#include <cstdint>
#include <string_view>
#include <vector>

#include "energy/meter.h"
#include "model/language_model.h"

namespace ergon::engine {

enum class Workload : std::uint8_t { prefill, decode };
std::string_view name(Workload workload);

struct BenchmarkCase {
    Workload workload = Workload::prefill;
    std::int64_t tokens = 0;  // read, or generated, by each sequence
    std::int64_t batch = 1;   // sequences side by side
    std::int64_t depth = 0;   // tokens in the cache before a decode begins
    model::CacheType cache = model::CacheType::f16;
};

struct BenchmarkRun {
    double tokens_per_second = 0;  // of all sequences together
    energy::Figure energy;         // of all tokens together
    base::Seconds busy{};          // processor time of this program, waiting that spins included
    std::int64_t tokens = 0;
};

/// Measures one case once. Prefill reads random tokens and computes the logits of the last; decode generates greedily
/// after `depth` tokens (at least one, which begins the sequence). Both are measured apart.
BenchmarkRun run_benchmark(model::LanguageModel& model, energy::Meter& meter, const BenchmarkCase& test);

/// What accounting adds to each step of a decode, as a part of the step without it. Two batches generate side by side,
/// one with the meter and one without, a step of each in turns, so that what the machine does besides meets both alike;
/// one number for each pair of steps.
std::vector<double> accounting_costs(model::LanguageModel& model, energy::Meter& meter, const BenchmarkCase& test);

/// What a few tokens of `batch` sequences come to when they run together: for a check before anything is timed.
/// Throws Error(unsupported) if running them one by one, in smaller pieces, gives other tokens.
std::vector<std::vector<model::TokenId>> checked_answers(model::LanguageModel& model, std::int64_t batch,
                                                         model::CacheType cache);

}  // namespace ergon::engine
