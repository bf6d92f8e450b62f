// ergon plan jevons RUN.sqlite: from what a model saves per answer to what all answers take.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json/json_text.h"
#include "base/output.h"
#include "cli/commands.h"
#include "cli/options/data_output.h"
#include "cli/options/output_files.h"
#include "energy/cost/references.h"
#include "lab/store/run_summary.h"
#include "plan/rebound_report.h"

namespace ergon::cli {
namespace {

using base::ErrorCode;

struct JevonsOptions {
    std::string file;
    std::int64_t run = 0;
    std::string before, after;
    std::string training_before, training_after;
    plan::ReboundInputs inputs;
    std::string html;
    DataOutput json;
};

const lab::ContenderSummary& contender(const lab::Comparison& comparison, const std::string& label) {
    const auto found = std::ranges::find(comparison.contenders, label, &lab::ContenderSummary::label);
    if (found != comparison.contenders.end()) return *found;
    std::string labels;
    for (const lab::ContenderSummary& one : comparison.contenders) {
        labels += (labels.empty() ? "" : ", ") + one.label;
    }
    base::fail(ErrorCode::bad_argument, "The run has no contender {}; it has: {}.", label, labels);
}

/// A number of joules, or a model whose training is in the references.
std::optional<energy::Figure> training_of(const std::string& text, const energy::References& references) {
    if (text.empty()) return std::nullopt;
    double joules = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), joules);
    if (error == std::errc() && end == text.data() + text.size()) {
        const base::Joules exact(joules);
        return energy::Figure{exact, exact, exact, energy::Method::estimated};
    }
    std::string known;
    for (const energy::TrainingFigure& one : references.training) {
        if (one.model == text) return one.energy();
        known += (known.empty() ? "" : ", ") + one.model;
    }
    base::fail(ErrorCode::bad_argument, "Training energy must be a number of joules or one of: {}; not {}.", known,
               text);
}

plan::Model model_of(const lab::ContenderSummary& summary, const std::string& training,
                     const energy::References& references) {
    if (!summary.joules_per_answer) {
        base::fail(ErrorCode::bad_argument, "The joules of {} are not known in this run.", summary.label);
    }
    if (!std::isfinite(summary.joules_per_answer->high.value())) {
        base::fail(
            ErrorCode::bad_argument,
            "The joules per answer of {} have no interval in this run: too few prompts ({}), or they scatter too "
            "far. Ask more of them.",
            summary.label, summary.prompts);
    }
    return {summary.label, *summary.joules_per_answer, training_of(training, references)};
}

/// Joules of `before` over those of `after`, with the interval of the paired comparison.
std::optional<energy::Ratio> gain_of(const lab::Comparison& comparison, const std::string& before,
                                     const std::string& after) {
    for (const lab::PairSummary& pair : comparison.pairs) {
        const std::string &a = comparison.contenders[pair.a].label, &b = comparison.contenders[pair.b].label;
        const lab::ConfidenceInterval& ratio = pair.energy_ratio;
        if (!lab::known(ratio) || !(ratio.low > 0)) continue;
        if (a == after && b == before) return energy::Ratio{ratio.value, ratio.low, ratio.high};
        if (a == before && b == after) return energy::Ratio{1 / ratio.value, 1 / ratio.high, 1 / ratio.low};
    }
    return std::nullopt;
}

/// Without names: from the dearer of the first two contenders to the cheaper.
void choose_models(JevonsOptions& options, const lab::Comparison& comparison) {
    if (comparison.contenders.size() < 2) {
        base::fail(ErrorCode::bad_argument, "{} holds a run of one contender; two are needed.", options.file);
    }
    const auto joules = [&](std::size_t i) {
        const auto& figure = comparison.contenders[i].joules_per_answer;
        return figure ? figure->value : base::Joules(0);
    };
    const std::size_t dearer = joules(1) > joules(0) ? 1 : 0;
    if (options.before.empty()) options.before = comparison.contenders[dearer].label;
    if (options.after.empty()) options.after = comparison.contenders[1 - dearer].label;
}

nlohmann::ordered_json rebound_json(const plan::ReboundInputs& inputs) {
    const energy::Ratio gain = plan::efficiency_gain(inputs);
    nlohmann::ordered_json json{
        {"before", {{"name", inputs.before.name}, {"joules_per_answer", inputs.before.per_answer}}},
        {"after", {{"name", inputs.after.name}, {"joules_per_answer", inputs.after.per_answer}}},
        {"answers_per_day", inputs.answers_per_day},
        {"growth", inputs.growth},
        {"gain", gain},
        {"growth_that_cancels", plan::growth_that_cancels(gain)}};
    const auto years = plan::years_until_cancelled(gain, inputs.growth);
    json["years_until_cancelled"] = years ? nlohmann::ordered_json(*years) : nlohmann::ordered_json();
    json["years"] = nlohmann::ordered_json::array();
    for (const plan::YearOfUse& year : plan::years_of_use(inputs)) {
        json["years"].push_back(
            {{"year", year.year}, {"answers", year.answers}, {"before", year.before}, {"after", year.after}});
    }
    if (inputs.before.training && inputs.after.training) {
        const plan::BreakEven even = plan::training_break_even(inputs.before, inputs.after);
        json["training_break_even"] = {{"answers", even.answers ? nlohmann::ordered_json(*even.answers) : nullptr},
                                       {"sentence", even.sentence}};
    }
    return json;
}

void jevons(JevonsOptions options) {
    std::vector<std::string> outputs = options.json.outputs();
    outputs.push_back(options.html);
    check_outputs(outputs, {options.file});
    const lab::RunSummary run =
        lab::load_runs({options.file}, options.run > 0 ? std::optional(lab::RunId{options.run}) : std::nullopt);
    const lab::Comparison& comparison = run.report.comparison;
    const energy::References references = energy::read_references();
    choose_models(options, comparison);
    plan::ReboundInputs& inputs = options.inputs;
    inputs.before = model_of(contender(comparison, options.before), options.training_before, references);
    inputs.after = model_of(contender(comparison, options.after), options.training_after, references);
    inputs.gain = gain_of(comparison, options.before, options.after);
    if (!any_is_stdout(outputs)) base::print("{}", plan::rebound_text(inputs));
    if (!options.html.empty()) write_output(options.html, report::render(plan::rebound_page(inputs)));
    if (options.json.asked()) options.json.write(base::json_text(rebound_json(inputs), 2) + "\n");
}

}  // namespace

void add_plan(CLI::App& program) {
    auto options = std::make_shared<JevonsOptions>();
    CLI::App& plan = *program.add_subcommand("plan", "Scenarios computed from measured runs");
    plan.require_subcommand(1);
    CLI::App& command =
        *plan.add_subcommand("jevons", "Growth in use that cancels an efficiency gain, and training payback");
    command.add_option("RUN.sqlite", options->file, "Results file of a comparison")->required();
    command.add_option("--run", options->run, "Run number in the file [last]")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}));
    command.add_option("--before", options->before, "Model in use now [the costlier of the first two]");
    command.add_option("--after", options->after, "Model that replaces it");
    command.add_option("--answers-per-day", options->inputs.answers_per_day, "Answers per day today")
        ->check(CLI::Range(1e-9, 1e18))
        ->required();
    command.add_option("--growth", options->inputs.growth, "Yearly growth in answers: 0.5 is +50%")
        ->capture_default_str();
    command.add_option("--years", options->inputs.years, "Years to project")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    command.add_option("--training-before", options->training_before,
                       "Training energy in joules, or a model listed in data/references.toml");
    command.add_option("--training-after", options->training_after, "The same for the other model");
    command.add_option("--html", options->html, "Write a page with charts; - is stdout")->type_name("FILE");
    options->json.add_json(command, "the figures");
    command.footer(
        "Example:\n"
        "  ergon plan jevons ergon-results.sqlite --answers-per-day 1e6 --growth 0.4 --html jevons.html");
    command.callback([options] { jevons(*options); });
}

}  // namespace ergon::cli
