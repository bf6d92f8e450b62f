#include "cli/options/findings_files.h"

#include <fmt/format.h>

#include "base/json/json_text.h"
#include "base/output.h"
#include "base/strings/wrapped.h"
#include "cli/options/output_files.h"
#include "energy/cost/references.h"
#include "lab/findings/caveats.h"
#include "lab/findings/published_figures.h"
#include "lab/output/answers_csv.h"
#include "lab/output/comparison_json.h"
#include "lab/output/comparison_page.h"
#include "lab/output/comparison_screen.h"
#include "lab/output/comparison_table.h"
#include "lab/slice/slice_findings.h"

namespace ergon::cli {
namespace {

void print_costs(const lab::Comparison& comparison, const CostOptions& cost) {
    std::vector<std::pair<std::string, energy::Figure>> per_answer;
    for (const lab::ContenderSummary& one : comparison.contenders) {
        if (one.joules_per_answer) per_answer.emplace_back(one.label, *one.joules_per_answer);
    }
    if (const std::string table = cost.table(per_answer); !table.empty()) base::print("\n{}", table);
}

void print_everything(const lab::RunSummary& run, const CostOptions& cost) {
    const lab::Comparison& comparison = run.report.comparison;
    base::print("{}", lab::comparison_table(comparison, run.energy_source));
    for (const std::string& sentence : lab::caveats(comparison, run.report.run, run.report.machine_events)) {
        base::print("{}", base::wrapped(sentence));
    }
    print_costs(comparison, cost);
    if (run.report.slice) base::print("\n{}", lab::slice_text(*run.report.slice));
    if (const std::string context = lab::published_figures_text(comparison, energy::read_references());
        !context.empty()) {
        base::print("\n{}", context);
    }
}

/// The findings, with grams and money for each contender if they are asked for.
nlohmann::ordered_json findings(const lab::RunSummary& run, const CostOptions& cost) {
    const lab::Comparison& comparison = run.report.comparison;
    nlohmann::ordered_json json = lab::comparison_json(comparison, run.report.run, run.report.machine_events);
    for (std::size_t i = 0; i < comparison.contenders.size(); ++i) {
        const auto& joules = comparison.contenders[i].joules_per_answer;
        if (cost.any() && joules) json["contenders"][i]["cost_per_answer"] = cost.json(*joules);
    }
    if (run.report.slice) json["layer_slice"] = lab::slice_json(*run.report.slice);
    return json;
}

}  // namespace

void add_full(CLI::App& command, bool& full) {
    command.add_flag("--full", full, "Print all tables: phases, tasks, pairs, published figures")->group("Output");
}

void FindingsFiles::add(CLI::App& command) {
    const std::string group = "Output";
    json.add_json(command, "the findings", group);
    csv.add_csv(command, "one row per answer", group);
    command.add_option("--html", html, "Write a page with tables, charts, all answers and the method; - is stdout")
        ->type_name("FILE")
        ->group(group);
    command
        .add_option("--factor", factors,
                    "Factor of a factorial design with one level per model, such as thinking=no,yes,no,yes; repeatable")
        ->type_name("NAME=LEVELS")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->group(group);
}

std::vector<lab::Factor> FindingsFiles::design() const {
    std::vector<lab::Factor> design;
    for (const std::string& factor : factors) design.push_back(lab::parse_factor(factor));
    return design;
}

std::vector<std::string> FindingsFiles::outputs() const {
    std::vector<std::string> all = json.outputs();
    for (const std::string& output : csv.outputs()) all.push_back(output);
    all.push_back(html);
    return all;
}

bool FindingsFiles::on_stdout() const {
    return any_is_stdout(outputs());
}

void FindingsFiles::write(const lab::RunSummary& run, const CostOptions& cost,
                          const nlohmann::ordered_json& more) const {
    if (json.asked()) {
        nlohmann::ordered_json found = findings(run, cost);
        found.update(more);
        json.write(base::json_text(found, 2) + "\n");
    }
    if (csv.asked()) csv.write(lab::answers_csv(run.parts));
    if (!html.empty()) {
        write_output(html, lab::comparison_page(run.report, energy::read_references(), lab::read_shapes()));
    }
    for (const std::string* file : {&json.file, &csv.file, &html}) {
        if (!file->empty() && !is_stdout(*file)) base::tell("Written: {}", *file);
    }
}

void print_findings(const lab::RunSummary& run, const CostOptions& cost, bool full) {
    const lab::Comparison& comparison = run.report.comparison;
    if (!full && comparison.contenders.size() > 1) {
        base::print("{}", lab::comparison_screen(run.report, run.energy_source));
        print_costs(comparison, cost);
    } else {
        print_everything(run, cost);
    }
    if (!run.finished) base::tell("The run is not finished: these are the answers so far.");
}

}  // namespace ergon::cli
