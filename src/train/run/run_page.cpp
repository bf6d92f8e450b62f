#include "train/run/run_page.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "report/markup/json_facts.h"
#include "report/page.h"
#include "train/rl/quarters.h"
#include "train/run/run_page_charts.h"

namespace ergon::train {
namespace {

using report::Align;
using report::Facts;
using report::Section;

std::string with_interval(const energy::Figure& f) {
    const base::IntervalText text = base::with_interval(f.value.value(), f.low.value(), f.high.value(), report::joules);
    return text.interval.empty() ? text.value : text.value + " " + text.interval;
}

/// All joules, in watt hours too.
std::string total_text(const StepLine& line) {
    return with_interval(line.total) + base::watt_hours_note(line.total.value);
}

energy::Figure per_token(const StepLine& line) {
    return line.total / static_cast<double>(std::max<std::int64_t>(line.total_tokens, 1));
}

std::string finding(const Recipe& recipe, Steps lines) {
    if (lines.empty()) return "No steps yet.";
    const StepLine &first = lines.front(), &last = lines.back();
    const std::int64_t all = recipe.trainer.schedule.steps;
    const std::string of = last.report.step < all ? fmt::format("{} of ", last.report.step) : "";
    if (first.report.round && last.report.round) {
        return fmt::format("In {}{} steps of reinforcement learning, for {} ({}), {}.", of, all, total_text(last),
                           energy::name(last.total.method), right_sentence(lines));
    }
    return fmt::format(
        "In {}{} steps, on {} tokens, the loss went from {} to {} nats per token for {} ({}): {} per token.", of, all,
        base::fixed(static_cast<double>(last.total_tokens), 0), base::significant(first.report.loss),
        base::significant(last.report.loss), total_text(last), energy::name(last.total.method),
        with_interval(per_token(last)));
}

Section learnt_section(const Recipe& recipe, const std::vector<Steps>& points) {
    Section section{"Learning curves", {}};
    if (const std::string note = stretches_note(points); !note.empty()) section.blocks.emplace_back(report::Note{note});
    if (recipe.grpo) {
        section.blocks.emplace_back(divergence_curve(points));
    } else {
        section.blocks.emplace_back(loss_curve(points, recipe));
        section.blocks.emplace_back(accuracy_curve(points, recipe));
    }
    section.blocks.emplace_back(learning_rate_curve(points));
    return section;
}

Section answers_section(Steps lines, const std::vector<Steps>& points) {
    Section section{"Sampled answers", {reward_curve(points), answers_curve(points), length_curve(points)}};
    if (lines.back().report.round->joules > 0) section.blocks.emplace_back(trade_curve(lines));
    return section;
}

/// What the joules are of. Older versions wrote those of the whole machine.
std::string boundary_note(Steps lines) {
    const auto whole = std::ranges::count_if(lines, [](const StepLine& one) { return !one.others; });
    std::string note =
        "Energy is that of this program's work plus the machine's idle power while it ran. The energy of other "
        "programs is shown separately and is in no training figure.";
    if (whole > 0) {
        note += fmt::format(
            " For {} steps logged by an older version it is not known; their energy is that of the whole machine.",
            whole);
    }
    return note;
}

Section cost_section(Steps lines, const std::vector<Steps>& points) {
    Section section{"Cost", {}};
    if (!lines.empty()) {
        const StepLine& last = lines.back();
        section.blocks.emplace_back(Facts{{{"steps", last.report.step},
                                           {"tokens", last.total_tokens},
                                           {"time", base::duration_text(last.total_seconds)},
                                           {"energy", last.total},
                                           {"energy per token", per_token(last)}}});
        if (last.total_others) {
            std::get<Facts>(section.blocks.back()).facts.push_back({"other programs", *last.total_others});
        }
    }
    if (!lines.empty()) section.blocks.emplace_back(report::Note{boundary_note(lines)});
    section.blocks.emplace_back(joules_curve(points));
    section.blocks.emplace_back(speed_curve(points));
    return section;
}

Section grid_section(const GridLine& grid, const std::vector<Steps>& points) {
    return {"Carbon-aware schedule",
            {Facts{{{"emitted", grid.total},
                    {"the same joules without the schedule", grid.unscheduled},
                    {"waited for a cleaner grid", base::duration_text(grid.waited)},
                    {"energy while it waited", grid.waiting},
                    {"emissions while it waited", grid.waiting_grams}}},
             report::Note{"Without the schedule: at the mean of the hours that training would have taken had it run "
                          "from the beginning without a pause (each piece of a resumed run from its own beginning). "
                          "What the machine took while it waited is not in the figures of training. The intervals are "
                          "those of the joules; what a kilowatt-hour emits has an uncertainty of its own that nobody "
                          "states."},
             grid_curve(points)}};
}

Section experts_section(const Recipe& recipe, Steps lines, const std::vector<Steps>& points) {
    return {"Expert load", {violation_curve(points), expert_loads(lines, recipe)}};
}

Section method_section(const Recipe& recipe, const nlohmann::ordered_json& machine) {
    report::Table settings{"Recipe", {{"key", Align::left}, {"value", Align::left}, {"from", Align::left}}, {}};
    for (const Setting& one : recipe.settings) {
        settings.rows.push_back({one.key, one.value, one.given ? "the recipe" : "default"});
    }
    return {"Method",
            {report::Heading{"Machine"}, report::json_facts(machine), report::Heading{"Recipe"}, std::move(settings)}};
}

void check_loads(const Recipe& recipe, Steps lines) {
    const std::size_t layers = layers_with_experts(recipe).size();
    for (const StepLine& line : lines) {
        const auto& loads = line.report.loads;
        const bool right = loads.size() == layers && std::ranges::all_of(loads, [&](const auto& layer) {
                               return std::ssize(layer) == recipe.architecture.config.n_routed_experts;
                           });
        if (right) continue;
        base::fail(base::ErrorCode::bad_file, "the log's expert loads of step {} do not match the recipe's experts",
                   line.report.step);
    }
}

}  // namespace

std::string run_page(const Recipe& recipe, const std::vector<StepLine>& lines, const nlohmann::ordered_json& machine) {
    check_loads(recipe, lines);
    const std::vector<Steps> points = stretches(lines);
    report::Page page;
    page.title = fmt::format("Training {}", recipe.file.stem().string());
    page.lede = finding(recipe, lines);
    if (!lines.empty() && lines.back().report.round) page.sections.push_back(answers_section(lines, points));
    page.sections.push_back(learnt_section(recipe, points));
    page.sections.push_back(cost_section(lines, points));
    if (!lines.empty() && lines.back().grid) page.sections.push_back(grid_section(*lines.back().grid, points));
    if (!layers_with_experts(recipe).empty()) {
        page.sections.push_back(experts_section(recipe, lines, points));
    }
    page.sections.push_back(method_section(recipe, machine));
    return report::render(page);
}

}  // namespace ergon::train
