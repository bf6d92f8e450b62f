#pragma once
// What `compare` and `eval` have in common: who answers what, under which settings, and where it is kept.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/options/cost_options.h"
#include "cli/options/findings_files.h"
#include "cli/options/generation_options.h"
#include "cli/options/thread_options.h"
#include "lab/experiment/contenders.h"
#include "lab/experiment/experiment.h"
#include "tasks/readers/readers.h"

namespace ergon::cli {

struct ExperimentOptions {
    std::vector<std::string> models;
    std::vector<std::string> tasks_named{"everyday"};
    tasks::TaskOptions tasks;
    bool skip_bad = false;  // rows that are no prompts are left out and counted
    std::int64_t limit = 0;
    std::int64_t max_prompt = 0;  // tokens; 0: any length
    std::int64_t repeats = 1;
    std::optional<std::int64_t> sessions;  // nothing: by how long the first takes
    std::string results_file = "ergon-results.sqlite";
    FindingsFiles files;
    std::string system;
    std::string judge;  // a server that says what is right; empty: the graders do
    bool by_likelihood = false;
    client::RequestLimits limits;  // of servers
    std::string assume;            // joules of servers elsewhere; empty: not known
    std::string shard = "1/1";
    double margin = 100 * lab::default_margin;  // percent
    bool resume = false;
    bool restart = false;
    std::optional<std::int64_t> max_failures;
    double idle_seconds = 5;
    ThreadOption threads;
    model::CacheType cache = model::CacheType::f16;
    model::LoadOptions load;
    AnswerOptions answer;
    CostOptions cost;

    /// Everything but MODEL.
    void add(CLI::App& command);
    /// Refuses before the first answer what would be refused at the end: outputs that cannot be written or would
    /// overwrite results or `read`, factors that make no design.
    void check(const std::vector<std::string>& read = {}) const;
    /// Asks whatever the results file does not hold yet, with progress. Ctrl-C and SIGTERM say what is kept.
    lab::RunId run(lab::Results& results) const;

  private:
    std::vector<tasks::Prompt> open_prompts(tasks::SkippedRows& skipped) const;
    void check_assumption() const;
    std::vector<lab::ContenderSpec> specs() const;
    lab::ContenderOptions contender_options() const;
};

}  // namespace ergon::cli
