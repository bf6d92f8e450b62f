#include "train/rl/quarters.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "base/distributions.h"
#include "base/strings/format_number.h"

namespace ergon::train {
namespace {

constexpr std::size_t min_rounds = 3;  // of a quarter: two say nothing of their scatter

struct Quarter {
    double mean = 0;
    double variance = 0;  // of the mean
    double freedom = 0;
};

Quarter quarter_of(std::span<const StepLine> rounds) {
    const auto count = static_cast<double>(rounds.size());
    double sum = 0, answers = 0;
    for (const StepLine& one : rounds) {
        sum += one.report.round->right;
        answers += static_cast<double>(one.report.examples);
    }
    Quarter quarter{sum / count, 0, count - 1};
    double squares = 0;
    for (const StepLine& one : rounds) squares += std::pow(one.report.round->right - quarter.mean, 2);
    const double smoothed = (quarter.mean * answers + 1) / (answers + 2);
    quarter.variance = std::max(squares / (count - 1) / count, smoothed * (1 - smoothed) / std::max(answers, 1.0));
    return quarter;
}

std::string points(double share) {
    return fmt::format("{:+.1f}", 100 * share);
}

}  // namespace

std::optional<QuarterChange> change_of_right(std::span<const StepLine> lines) {
    const std::size_t length = lines.size() / 4;
    const bool rounds = std::ranges::all_of(lines, [](const StepLine& one) { return one.report.round.has_value(); });
    if (length < min_rounds || !rounds) return std::nullopt;
    const Quarter first = quarter_of(lines.first(length)), last = quarter_of(lines.last(length));
    const double variance = first.variance + last.variance;
    const auto spent = [](const Quarter& one) { return one.variance * one.variance / one.freedom; };
    const double freedom = variance * variance / (spent(first) + spent(last));
    // Rounded down, but not by what a sum's last digit misses.
    const auto whole = std::max<std::int64_t>(static_cast<std::int64_t>(freedom + 1e-6), 1);
    const double reach = base::student_reach(0.95, static_cast<double>(whole));
    const double change = last.mean - first.mean, error = reach * std::sqrt(variance);
    return QuarterChange{first.mean, last.mean, std::max(change - error, -1.0), std::min(change + error, 1.0)};
}

std::string right_sentence(std::span<const StepLine> lines) {
    const std::optional<QuarterChange> change = change_of_right(lines);
    if (!change) {
        return fmt::format("{} rounds are too few to say whether the share of right answers changed (12 at least)",
                           lines.size());
    }
    return fmt::format(
        "from the first quarter of the rounds to the last the share of right answers went from {}% to {}%: {} points "
        "({} to {}, 95%){}",
        base::significant(100 * change->first), base::significant(100 * change->last),
        points(change->last - change->first), points(change->low), points(change->high),
        change->shown() ? "" : ", so no change is shown");
}

}  // namespace ergon::train
