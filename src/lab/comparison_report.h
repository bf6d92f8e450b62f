#pragma once
// A comparison with all that a report of it shows: the run, the machine, some of the answers.

#include <optional>
#include <string>
#include <vector>

#include "lab/comparison.h"
#include "lab/slice/layer_slice.h"
#include "lab/store/results.h"

namespace ergon::lab {

/// One prompt and what each contender said to it first.
struct ShownPrompt {
    AskedPrompt prompt;
    std::vector<Answer> answers;
};

/// Prompts whose answers a page holds, and bytes of their texts, whichever is reached first; more would make it too
/// large to open and to send (assumed: some megabytes).
inline constexpr std::size_t max_shown_prompts = 200;
inline constexpr std::size_t max_shown_bytes = std::size_t{3} << 20;

struct ComparisonReport {
    Comparison comparison;
    RunDescription run;
    std::vector<MachineEvent> machine_events;
    std::vector<ShownPrompt> shown;
    std::int64_t prompts = 0;  // in all
    std::string results;       // the name of the file that holds every answer
    std::string digest;        // of all that the run keeps: description, contenders, answers
    std::string started;       // UTC; empty where it is not known
    std::optional<LayerSlice> slice;
};

}  // namespace ergon::lab
