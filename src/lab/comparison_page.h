#pragma once
// A comparison as a page that can be sent to somebody.

#include <string>
#include <vector>

#include "energy/references.h"
#include "lab/comparison.h"
#include "lab/results.h"
#include "lab/shapes.h"

namespace ergon::lab {

/// One prompt and what each contender said to it first.
struct ShownPrompt {
    AskedPrompt prompt;
    std::vector<Answer> answers;
};

/// Prompts whose answers a page holds; more would make it too large to open (assumed: 200 of a few thousand characters
/// are some megabytes).
inline constexpr std::size_t most_shown_prompts = 200;

struct ComparisonReport {
    Comparison comparison;
    RunDescription run;
    std::vector<Condition> conditions;
    std::vector<ShownPrompt> shown;
    std::int64_t prompts = 0;  // in all
    std::string results;       // the name of the file that holds every answer
};

/// The file's content: HTML that needs nothing beside itself. `shapes` are shown where all models fit into a cache.
std::string comparison_page(const ComparisonReport& report, const energy::References& references,
                            const Shapes& shapes = {});

}  // namespace ergon::lab
