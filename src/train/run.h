#pragma once
// A run of training: a recipe followed from its beginning or its last checkpoint, every step on a line of the log.
//
// The folder holds checkpoint.safetensors, log.jsonl (one line for each step) and, at the end, model/
// (export_folder.h) and, if the recipe asks for it, model.gguf (export_gguf.h).

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>

#include "energy/window.h"
#include "train/recipe.h"

namespace ergon::train {

/// One line of the log.
struct StepLine {
    StepReport report;
    std::optional<RoundReport> round;  // of reinforcement learning: one line for each round
    base::Seconds seconds{};           // of this step
    energy::Figure joules;             // of the whole machine in this step
    energy::Figure total;              // since the run began, in all its pieces
    base::Seconds total_seconds{};
    std::int64_t total_tokens = 0;
};

struct RunOptions {
    std::filesystem::path folder;
    bool resume = false;
    const std::atomic<bool>* stop = nullptr;  // set from outside: ends after the step at hand, with a checkpoint
};

enum class Ended { finished, stopped, diverged };

/// Bytes that a recipe will take: weights, gradients, moments, activations.
base::Bytes memory_of(const Recipe& recipe);

/// Trains. `tell` hears of every step. Throws Error(bad_argument) where the folder holds a run already and `resume` is
/// false, or none and it is true.
Ended run(const Recipe& recipe, const RunOptions& options, energy::MachineReader& machine, base::ThreadPool& pool,
          const std::function<void(const StepLine&)>& tell);

}  // namespace ergon::train
