#pragma once
// A run read back from results files, whole or from its shards, and summed up for a table or a page.

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "lab/comparison_report.h"
#include "lab/statistics/factors.h"
#include "lab/store/results.h"

namespace ergon::lab {

/// A run in a results file.
struct StoredRun {
    std::filesystem::path file;
    RunId run = 0;
};

struct RunSummary {
    ComparisonReport report;
    std::string energy_source;     // a sentence; of several machines one after another
    std::vector<StoredRun> parts;  // where the answers are
    std::int64_t answers = 0;
    bool finished = true;  // all of its parts are
};

/// A run of each file (the last one, or the one given): one experiment, of which each file may hold a shard. Throws
/// Error(not_found) for a file without runs, Error(bad_argument) for runs that are not of one experiment (other
/// contenders, prompts, settings or seed) or that hold the same shard. Without `factors` the design is the one kept
/// with the run.
RunSummary load_runs(const std::vector<std::filesystem::path>& files, std::optional<RunId> run = std::nullopt,
                     std::span<const Factor> factors = {});

/// The same for a file that is open.
RunSummary load_run(Results& results, RunId run, std::span<const Factor> factors = {});

}  // namespace ergon::lab
