#pragma once
// The live slice: what one layer of a real mixture of experts takes on this machine, beside dense layers of its active
// and of its total size, for one sequence and for sixteen at once. Small models cannot show it: all their weights lie
// in a cache.

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/threads.h"
#include "energy/meter.h"
#include "lab/slice/slice_models.h"
#include "lab/store/results.h"

namespace ergon::lab {

/// Sequences that each generate a token in a step.
inline constexpr std::array<std::int64_t, 2> slice_batches{1, 16};

/// One shape at one batch: what each round took, in joules per token.
struct SliceCell {
    SliceShape shape = SliceShape::sparse;
    std::int64_t batch = 1;
    std::int64_t tokens = 0;  // of a round
    std::vector<energy::Figure> joules_per_token;
    std::vector<double> seconds_per_token;
};

struct LayerSlice {
    int threads = 1;
    /// Standard deviation of a busy thread's watts by kind of work, relative, where joules are estimated (energy.md).
    double kind_of_work_sd = 0;
    std::vector<SliceCell> cells;  // every shape at every batch; all have as many rounds

    const SliceCell& cell(SliceShape shape, std::int64_t batch) const;
};

struct SliceOptions {
    std::int64_t rounds = 7;
    base::Seconds block{0.1};  // what a shape and batch runs for in a round, at least
    std::uint64_t seed = 0;
};

/// Measures it: after a warm-up, `rounds` rounds in each of which every shape generates at every batch, in an order
/// drawn anew and reversed in every second round, so that what drifts meets all alike. `doing` hears of each round.
LayerSlice measure_layer_slice(base::ThreadPool& pool, energy::Meter& meter, const SliceOptions& options = {},
                               const std::function<void(std::int64_t round, std::int64_t rounds)>& doing = {});

/// The slice as it is kept: every round. from_json throws Error(bad_file) for what is none.
nlohmann::ordered_json slice_rounds_json(const LayerSlice& slice);
LayerSlice slice_of(const nlohmann::ordered_json& json);

/// With the run, in place of what was kept before.
void keep_slice(Results& results, RunId run, const LayerSlice& slice);
std::optional<LayerSlice> kept_slice(Results& results, RunId run);

}  // namespace ergon::lab
