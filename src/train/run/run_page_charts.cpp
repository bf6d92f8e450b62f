#include "train/run/run_page_charts.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace ergon::train {
namespace {

using base::Prefixes;
using report::Line;
using report::LineChart;
using report::LinePoint;

const base::Unit percent{"%", Prefixes::none};

LineChart over_steps(std::string title, std::string description, std::string quantity, base::Unit unit) {
    return {std::move(title),    std::move(description), "step", {"", Prefixes::none},
            std::move(quantity), std::move(unit),        {}};
}

double place(Steps steps) {
    return static_cast<double>(steps.back().report.step);
}

/// Means over the steps of each point.
Line line_of(const std::vector<Steps>& points, std::string label, const auto& value) {
    Line line{std::move(label), {}};
    for (const Steps steps : points) {
        double sum = 0;
        for (const StepLine& one : steps) sum += value(one);
        line.points.push_back({place(steps), sum / static_cast<double>(steps.size()), {}});
    }
    return line;
}

Line report_line(const std::vector<Steps>& points, std::string label, double StepReport::*value, double factor = 1) {
    return line_of(points, std::move(label), [&](const StepLine& one) { return factor * one.report.*value; });
}

Line round_line(const std::vector<Steps>& points, std::string label, double RoundReport::*value, double factor = 1) {
    return line_of(points, std::move(label),
                   [&](const StepLine& one) { return one.report.round ? factor * (*one.report.round).*value : 0; });
}

std::vector<Steps> cut(Steps lines, std::size_t most) {
    const std::size_t length = (lines.size() + most - 1) / most;
    std::vector<Steps> all;
    for (std::size_t begin = 0; begin < lines.size(); begin += length) {
        all.push_back(lines.subspan(begin, std::min(length, lines.size() - begin)));
    }
    return all;
}

double tokens_of(Steps steps) {
    double tokens = 0;
    for (const StepLine& one : steps) tokens += static_cast<double>(one.report.tokens);
    return tokens;
}

}  // namespace

std::vector<Steps> stretches(Steps lines) {
    return cut(lines, max_points);
}

std::string stretches_note(const std::vector<Steps>& points) {
    if (points.empty() || points.front().size() == 1) return {};
    return fmt::format(
        "Each point of a curve is the mean of {} steps (the last may have fewer), and stands at the last of them.",
        points.front().size());
}

std::vector<std::string> layers_with_experts(const Recipe& recipe) {
    const model::Config& config = recipe.architecture.config;
    const bool mtp = recipe.architecture.mtp;
    std::vector<std::string> layers;
    for (std::int64_t l = 0; l < config.num_hidden_layers + (mtp ? 1 : 0); ++l) {
        if (config.is_moe_layer(l)) layers.push_back(l < config.num_hidden_layers ? fmt::format("{}", l) : "MTP");
    }
    return layers;
}

LineChart reward_curve(const std::vector<Steps>& points) {
    LineChart chart = over_steps("Reward", "Mean of all answers of a round.", "reward", {"", Prefixes::none});
    chart.lines.push_back(round_line(points, "reward", &RoundReport::reward));
    return chart;
}

LineChart answers_curve(const std::vector<Steps>& points) {
    LineChart chart = over_steps("Answers", "Shares of a round's answers, sampled at temperature 1.", "share", percent);
    chart.lines.push_back(round_line(points, "right", &RoundReport::right, 100));
    chart.lines.push_back(round_line(points, "well formed", &RoundReport::well_formed, 100));
    chart.lines.push_back(round_line(points, "cut off", &RoundReport::capped, 100));
    return chart;
}

LineChart length_curve(const std::vector<Steps>& points) {
    LineChart chart = over_steps("Length", "Tokens of an answer.", "tokens", {"", Prefixes::none});
    chart.lines.push_back(round_line(points, "thinking", &RoundReport::thinking_tokens));
    chart.lines.push_back(round_line(points, "answer", &RoundReport::answer_tokens));
    return chart;
}

LineChart divergence_curve(const std::vector<Steps>& points) {
    LineChart chart = over_steps("Divergence", "From the reference model, by k3, per sampled token.", "divergence",
                                 {"nat", Prefixes::none});
    chart.lines.push_back(round_line(points, "divergence", &RoundReport::divergence));
    return chart;
}

report::Scatter trade_curve(Steps lines) {
    constexpr std::size_t max_named = 12;  // more names than that hide each other (assumed)
    report::Scatter chart;
    chart.title = "Right answers against joules";
    chart.description =
        "Each point is a stretch of rounds, named by its last step. Joules of an answer are counted work times the "
        "recipe's coefficients.";
    chart.points_are = "stretch";
    chart.x_quantity = "joules per answer";
    chart.x_unit = report::joules;
    chart.y_quantity = "right";
    chart.y_unit = percent;
    chart.with_front = true;
    const std::vector<Steps> points = cut(lines, max_named);
    const Line right = round_line(points, "", &RoundReport::right, 100);
    const Line joules = round_line(points, "", &RoundReport::joules);
    for (std::size_t i = 0; i < points.size(); ++i) {
        chart.points.push_back({fmt::format("{:.0f}", right.points[i].x), joules.points[i].y, right.points[i].y});
    }
    return chart;
}

LineChart loss_curve(const std::vector<Steps>& points, const Recipe& recipe) {
    LineChart chart =
        over_steps("Loss", "Cross-entropy of the training targets.", "loss per token", {"nat", Prefixes::none});
    chart.lines.push_back(report_line(points, "next token", &StepReport::loss));
    if (recipe.trainer.mtp_factor > 0)
        chart.lines.push_back(report_line(points, "token after the next (MTP)", &StepReport::mtp_loss));
    return chart;
}

LineChart accuracy_curve(const std::vector<Steps>& points, const Recipe& recipe) {
    LineChart chart =
        over_steps("Token accuracy", "Share of the tokens that the model ranked first.", "share", percent);
    chart.lines.push_back(report_line(points, "next token", &StepReport::accuracy, 100));
    if (recipe.trainer.mtp_factor > 0) {
        chart.description += " Drafts of the MTP block count as accepted where the model agrees with them.";
        chart.lines.push_back(report_line(points, "drafts accepted (MTP)", &StepReport::mtp_acceptance, 100));
    }
    return chart;
}

LineChart speed_curve(const std::vector<Steps>& points) {
    LineChart chart = over_steps("Speed", "Tokens that went through the layers, forward and backward.", "speed",
                                 {"tokens/s", Prefixes::none});
    Line line{"speed", {}};
    for (const Steps steps : points) {
        double seconds = 0;
        for (const StepLine& one : steps) seconds += one.seconds.value();
        line.points.push_back({place(steps), tokens_of(steps) / seconds, {}});
    }
    chart.lines.push_back(std::move(line));
    return chart;
}

LineChart joules_curve(const std::vector<Steps>& points) {
    LineChart chart = over_steps("Energy per token", "This program's work, and the machine's idle power meanwhile.",
                                 "energy per token", report::joules);
    Line line{"energy", {}};
    energy::Method method = energy::Method::measured;
    for (const Steps steps : points) {
        energy::Figure joules;
        for (const StepLine& one : steps) joules += one.joules;
        const energy::Figure each = joules / tokens_of(steps);
        method = energy::worst(method, each.method);
        line.points.push_back({place(steps), each.value.value(), report::Range{each.low.value(), each.high.value()}});
    }
    chart.description += fmt::format(" The band is the 95% interval; energy is {}.", energy::name(method));
    chart.lines.push_back(std::move(line));
    return chart;
}

LineChart learning_rate_curve(const std::vector<Steps>& points) {
    LineChart chart = over_steps("Learning rate", "By the recipe's schedule.", "learning rate", {"", Prefixes::none});
    chart.lines.push_back(report_line(points, "learning rate", &StepReport::learning_rate));
    return chart;
}

LineChart violation_curve(const std::vector<Steps>& points) {
    LineChart chart = over_steps("Expert balance",
                                 "MaxVio: how far the busiest expert of a layer is above the mean load, of the layer "
                                 "where it is worst. 0 is even; 1 is twice the mean.",
                                 "MaxVio", {"", Prefixes::none});
    chart.lines.push_back(report_line(points, "MaxVio", &StepReport::max_violation));
    return chart;
}

report::HeatMap expert_loads(Steps lines, const Recipe& recipe) {
    const model::Config& c = recipe.architecture.config;
    const Steps last = lines.last(std::min(lines.size(), load_steps));
    report::HeatMap chart;
    chart.title = "Expert loads";
    chart.description = fmt::format(
        "Share of a layer's tokens that went to each expert in the last {} steps. Each token goes to {} of {} experts: "
        "spread evenly, each would have {:.1f} %.",
        last.size(), c.num_experts_per_tok, c.n_routed_experts,
        100.0 * static_cast<double>(c.num_experts_per_tok) / static_cast<double>(c.n_routed_experts));
    chart.quantity = "share of the tokens";
    chart.unit = percent;
    chart.rows_are = "layer";
    chart.columns_are = "expert";
    for (std::int64_t e = 0; e < c.n_routed_experts; ++e) chart.column_labels.push_back(fmt::format("{}", e));
    const std::vector<std::string> layers = layers_with_experts(recipe);
    for (std::size_t layer = 0; layer < layers.size(); ++layer) {
        std::vector<double> shares(c.n_routed_experts);
        double choices = 0;
        for (const StepLine& one : last) {
            for (std::size_t e = 0; e < shares.size(); ++e) {
                const auto load = static_cast<double>(one.report.loads[layer][e]);
                shares[e] += load;
                choices += load;
            }
        }
        for (double& share : shares) share *= 100 * static_cast<double>(c.num_experts_per_tok) / choices;
        chart.rows.push_back({layers[layer], std::move(shares)});
    }
    return chart;
}

LineChart grid_curve(const std::vector<Steps>& points) {
    LineChart chart = over_steps("Carbon intensity of the grid", "CO2e per kilowatt-hour at the start of each step.",
                                 "carbon intensity", {"g/kWh", Prefixes::none});
    chart.lines.push_back(line_of(points, "grid", [](const StepLine& one) {
        return one.grid ? one.grid->intensity.value() : std::numeric_limits<double>::quiet_NaN();
    }));
    return chart;
}

}  // namespace ergon::train
