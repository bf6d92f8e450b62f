#pragma once
// The files that findings are written to: JSON, CSV, HTML.

#include <CLI/CLI.hpp>
#include <string>

#include "cli/cost_options.h"
#include "lab/loaded_run.h"

namespace ergon::cli {

struct FindingsFiles {
    std::string json;
    std::string csv;
    std::string html;
    std::vector<std::string> factors;  // of a design, as --factor has them

    void add(CLI::App& command);
    std::vector<lab::Factor> design() const;
    /// `more` is put beside the findings in the JSON.
    void write(const lab::LoadedRun& run, const CostOptions& cost,
               const nlohmann::ordered_json& more = nlohmann::ordered_json::object()) const;
};

/// Table, costs, what others published, and where everything is.
void print_findings(const lab::LoadedRun& run, const CostOptions& cost);

}  // namespace ergon::cli
