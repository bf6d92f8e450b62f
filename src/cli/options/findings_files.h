#pragma once
// Where findings are written: JSON, CSV, HTML.

#include <CLI/CLI.hpp>
#include <string>

#include "cli/options/cost_options.h"
#include "cli/options/data_output.h"
#include "lab/store/run_summary.h"

namespace ergon::cli {

struct FindingsFiles {
    DataOutput json, csv;
    std::string html;
    std::vector<std::string> factors;  // of a design, as --factor has them

    void add(CLI::App& command);
    std::vector<lab::Factor> design() const;
    std::vector<std::string> outputs() const;
    /// One of them is on stdout, in place of what is for people.
    bool on_stdout() const;
    /// `more` is put beside the findings in the JSON.
    void write(const lab::RunSummary& run, const CostOptions& cost,
               const nlohmann::ordered_json& more = nlohmann::ordered_json::object()) const;
};

/// --full, of commands that compare.
void add_full(CLI::App& command, bool& full);

/// What was found, on a screen; `full`, or where there is one contender: every table, and what others published.
void print_findings(const lab::RunSummary& run, const CostOptions& cost, bool full);

}  // namespace ergon::cli
