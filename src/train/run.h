#pragma once
// A run of training: a recipe followed from its beginning or its last checkpoint, every step on a line of the log.
//
// The folder holds checkpoint.safetensors, log.jsonl (one line for each step) and, at the end, model/
// (export_folder.h).

#include <atomic>
#include <filesystem>
#include <functional>

#include "energy/window.h"
#include "train/recipe.h"

namespace ergon::train {

/// One line of the log.
struct StepLine {
    StepReport report;
    base::Seconds seconds{};  // of this step
    energy::Figure joules;    // of the whole machine in this step
    energy::Figure total;     // since the run began, in all its pieces
    base::Seconds total_seconds{};
    std::int64_t total_tokens = 0;
};

struct RunOptions {
    std::filesystem::path folder;
    bool resume = false;
    const std::atomic<bool>* stop = nullptr;  // set from outside: ends after the step at hand, with a checkpoint
};

enum class Ended { finished, stopped, diverged };

/// What a recipe will take.
Memory memory_of(const Recipe& recipe);

/// Trains. `tell` hears of every step. Throws Error(bad_argument) where the folder holds a run already and `resume` is
/// false, or none and it is true.
Ended run(const Recipe& recipe, const RunOptions& options, energy::MachineReader& machine, base::ThreadPool& pool,
          const std::function<void(const StepLine&)>& tell);

}  // namespace ergon::train
