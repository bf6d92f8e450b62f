#include "plan/rebound_findings.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <utility>

#include "base/strings/format_number.h"

namespace ergon::plan {
namespace {

using base::significant;
using energy::Figure;
using energy::Ratio;
using report::Align;
using report::Cell;
using report::Table;

constexpr std::array<double, 10> shown_gains{1.1, 1.25, 1.5, 2, 3, 5, 10, 20, 50, 100};
constexpr std::array<double, 8> shown_elasticities{0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2};

/// "3.70 billion": the digits below are noise.
std::string count(double number) {
    constexpr std::array<std::pair<double, const char*>, 3> names{
        {{1e12, " trillion"}, {1e9, " billion"}, {1e6, " million"}}};
    for (const auto& [size, word] : names) {
        if (number >= size && number < 1e3 * names[0].first) return significant(number / size, 3) + word;
    }
    return significant(number, 3);
}

std::string percent(double share) {
    if (share > 1e4) return "over 1,000,000%";
    return base::fixed(100 * share, std::abs(share) < 0.1 ? 1 : 0) + "%";
}

constexpr double without_prefix = 1e19;  // joules beyond thousands of the largest

std::string joules(base::Joules amount, const base::Scale& scale) {
    const double value = amount.value();
    return value < without_prefix ? base::with_unit(value, report::joules, scale) : fmt::format("{:.2e} J", value);
}

/// A prefix for all of them.
base::Scale scale_of(const std::vector<base::Joules>& amounts) {
    std::vector<double> numbers;
    for (const base::Joules amount : amounts) {
        if (amount.value() < without_prefix) numbers.push_back(amount.value());
    }
    return base::column_scale(std::move(numbers), report::joules);
}

/// "2.5"; 0 and what is open are said as such.
std::string years_text(const std::optional<double>& years) {
    if (!years) return "never";
    return *years < 1000 ? significant(*years, *years < 1 ? 2 : 3) : "over 1,000";
}

Table with_columns(std::string caption, const std::vector<std::string>& headings) {
    Table table{std::move(caption), {}, {}};
    for (const std::string& heading : headings) table.columns.push_back({heading, Align::right});
    return table;
}

std::string gain_finding(const ReboundInputs& inputs, const Ratio& gain) {
    const std::string& a = inputs.before.name;
    const std::string& b = inputs.after.name;
    if (gain.value == 1)
        return fmt::format("An answer of {} uses as much energy as one of {}: there is no gain.", b, a);
    if (gain.value < 1) {
        return fmt::format(
            "An answer of {} takes {} times the joules of one of {}: there is no gain that more use could "
            "cancel, and use would have to fall by {} for the total to stay.",
            b, in_words({1 / gain.value, 1 / gain.high, 1 / gain.low}), a, percent(1 - gain.value));
    }
    return fmt::format(
        "An answer of {} takes {} times as many joules as one of {}, a gain of {}: if use grows by {}, all answers "
        "together use as much as today.",
        a, in_words(gain), b, significant(gain.value, 3), percent(gain.value - 1));
}

std::string growth_finding(const ReboundInputs& inputs, const Ratio& gain) {
    if (gain.value <= 1) return {};
    const auto years = years_until_cancelled(gain, inputs.growth);
    if (!years) return "Use does not grow, so the gain is never cancelled.";
    const std::string open = gain.low <= 1 ? " (The interval of the gain includes no gain.)" : "";
    return fmt::format("At a growth of {} a year the gain is cancelled after {} years.{}", percent(inputs.growth),
                       in_words(*years), open);
}

std::string elasticity_finding(const Ratio& gain) {
    if (gain.value <= 1) return {};
    const ElasticUse half = with_elasticity(gain, 0.5);
    const ElasticUse twice = with_elasticity(gain, 2);
    return fmt::format(
        "If answers get cheaper as they take fewer joules, the price elasticity of their number decides: "
        "below 1 the total falls (to {} times at 0.5), above 1 it rises (to {} times at 2), which is "
        "Jevons' case.",
        significant(half.total.value, 3), significant(twice.total.value, 3));
}

std::string training_finding(const ReboundInputs& inputs) {
    if (!inputs.before.training && !inputs.after.training) return {};
    const BreakEven even = training_break_even(inputs.before, inputs.after);
    if (!even.answers) return even.sentence;
    const double per_year = inputs.answers_per_day * days_per_year;
    const auto years = years_until(per_year, inputs.growth, even.answers->value);
    const std::string when = years ? fmt::format("is reached after {} years", years_text(years)) : "is never reached";
    return fmt::format("{} With {} answers a day and a growth of {} a year that {}.", even.sentence,
                       count(inputs.answers_per_day), percent(inputs.growth), when);
}

}  // namespace

std::string in_words(const Ratio& ratio) {
    const std::string value = count(ratio.value);
    if (ratio.low == ratio.high) return value;
    if (!std::isfinite(ratio.high)) {
        return fmt::format("{} (95% interval from {}, open above)", value, count(ratio.low));
    }
    return fmt::format("{} (95% interval {} to {})", value, count(ratio.low), count(ratio.high));
}

std::vector<std::string> findings(const ReboundInputs& inputs) {
    const Ratio gain = efficiency_gain(inputs);
    std::vector<std::string> sentences{gain_finding(inputs, gain), growth_finding(inputs, gain),
                                       elasticity_finding(gain), training_finding(inputs)};
    std::erase(sentences, "");
    return sentences;
}

Table gain_table(const ReboundInputs& inputs) {
    const Ratio gain = efficiency_gain(inputs);
    std::vector<std::string> headings{"gain", "use may grow by"};
    for (const double growth : shown_growths) headings.push_back("at " + percent(growth));
    Table table = with_columns("Growth in use that cancels the gain, and the years until then", headings);
    const auto add = [&](const std::string& name, double value) {
        std::vector<Cell> row{name, percent(value - 1)};
        for (const double growth : shown_growths) {
            row.emplace_back(value > 1 ? years_text(years_until_cancelled(value, growth)) : "no gain");
        }
        table.rows.push_back(std::move(row));
    };
    add("these two: " + significant(gain.value, 3), gain.value);
    for (const double one : shown_gains) add(significant(one, 3), one);
    return table;
}

Table elasticity_table(const ReboundInputs& inputs) {
    const Ratio gain = efficiency_gain(inputs);
    Table table = with_columns("Effect of cheaper answers on the total, by price elasticity",
                               {"elasticity", "use", "total", "from", "to", "rebound"});
    for (const double elasticity : shown_elasticities) {
        const ElasticUse use = with_elasticity(gain, elasticity);
        table.rows.push_back({base::fixed(elasticity, 2), significant(use.use.value, 3),
                              significant(use.total.value, 3), significant(use.total.low, 3),
                              significant(use.total.high, 3),
                              use.rebound ? percent(*use.rebound) : std::string("no saving")});
    }
    return table;
}

Table year_table(const ReboundInputs& inputs) {
    const std::vector<YearOfUse> years = years_of_use(inputs);
    Table table =
        with_columns("Energy per year", {"year", "answers", "as before", "with the gain", "from", "to", "of today's"});
    const base::Joules today = years.front().before.value;
    std::vector<base::Joules> amounts;
    for (const YearOfUse& one : years) amounts.insert(amounts.end(), {one.before.value, one.after.value});
    const base::Scale scale = scale_of(amounts);
    for (const YearOfUse& one : years) {
        table.rows.push_back({std::to_string(one.year), count(one.answers), joules(one.before.value, scale),
                              joules(one.after.value, scale), joules(one.after.low, scale),
                              joules(one.after.high, scale), percent(one.after.value / today)});
    }
    return table;
}

Table training_table(const ReboundInputs& inputs) {
    Table table = with_columns("Joules per answer with training spread over all of them",
                               {"answers", inputs.before.name, inputs.after.name});
    if (!inputs.before.training || !inputs.after.training) return table;
    constexpr std::array<double, 7> shown_answers{1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12};
    std::vector<std::pair<base::Joules, base::Joules>> amounts;
    std::vector<base::Joules> all;
    for (const double answers : shown_answers) {
        amounts.emplace_back(per_answer_with_training(inputs.before, answers).value,
                             per_answer_with_training(inputs.after, answers).value);
        all.insert(all.end(), {amounts.back().first, amounts.back().second});
    }
    const base::Scale scale = scale_of(all);
    for (std::size_t i = 0; i < amounts.size(); ++i) {
        table.rows.push_back(
            {count(shown_answers[i]), joules(amounts[i].first, scale), joules(amounts[i].second, scale)});
    }
    return table;
}

}  // namespace ergon::plan
