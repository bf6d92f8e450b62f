#pragma once
// A run of training: a recipe followed from its beginning or its last checkpoint, every step on a line of the log.
//
// The folder holds log.jsonl (run_log.h), checkpoint.safetensors, page.html (run_page.h; as of the last checkpoint
// while the run goes on) and, at the end, model/ (export_folder.h) and, if the recipe asks
// for it, model.gguf (export_gguf.h); run.lock while a process trains there.

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "energy/meter.h"
#include "train/rl/quarters.h"
#include "train/run/carbon_aware_schedule.h"
#include "train/run/recipe.h"
#include "train/run/run_log.h"

namespace ergon::train {

struct RunOptions {
    std::filesystem::path folder;
    bool resume = false;
    const std::atomic<bool>* stop = nullptr;  // set from outside: ends after the step at hand, with a checkpoint
    std::optional<GridOptions> grid;          // pauses, with a checkpoint, while the grid is not clean
    std::string power;                        // a sentence for the page: how power is limited, if it is
};

enum class RunStatus { finished, stopped, diverged };

struct Outcome {
    RunStatus ended = RunStatus::finished;
    StepLine last;  // of the log; step 0 if there is none
    // Of reinforcement learning: what it changed, if that can be said, and a sentence of it.
    std::optional<QuarterChange> change;
    std::string finding;
};

/// What a recipe will take.
Memory memory_of(const Recipe& recipe);

/// Trains. `tell` hears of every step. Throws Error(bad_argument) where the folder holds a run already and `resume` is
/// false, or none and it is true; Error(system), naming the process, where another one trains there; what the grid
/// throws, after a checkpoint.
Outcome run(const Recipe& recipe, const RunOptions& options, energy::Meter& meter, base::ThreadPool& pool,
            const std::function<void(const StepLine&)>& tell);

}  // namespace ergon::train
