#include "lab/answer_figures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "lab/statistics/joules_per_right.h"

namespace ergon::lab {
namespace {

using energy::kept_phase_count;

// Columns of a prompt's row: its phases, then what its joules are divided by, then its joules once more where it has a
// right answer.
enum FigureColumn : std::size_t {
    words = kept_phase_count * PhaseSum::parts,
    characters,
    graded_joules,
    columns = graded_joules + PhaseSum::parts
};

// `graded_total`: joules of the prompts that have a right answer.
enum FigureValue : std::size_t { per_answer, per_token, per_word, per_character, graded_total, first_phase };
constexpr std::size_t figure_count = first_phase + kept_phase_count;

void put_row(const PromptSum& prompt, std::span<double> row) {
    const auto answers = static_cast<double>(prompt.answers);
    for (std::size_t i = 0; i < kept_phase_count; ++i) {
        (prompt.phases[i] / answers).put(row.subspan(i * PhaseSum::parts));
    }
    row[words] = prompt.words / answers;
    row[characters] = prompt.characters / answers;
    (prompt.graded > 0 ? prompt.mean() : PhaseSum()).put(row.subspan(graded_joules));
}

void evaluate(const Sums& sums, const MachineDraw& draw, std::span<double> values) {
    double all = 0, generated = 0, tokens = 0;
    for (std::size_t i = 0; i < kept_phase_count; ++i) {
        const PhaseSum phase(sums.columns.subspan(i * PhaseSum::parts));
        const double joules = phase.joules(draw, i);
        values[first_phase + i] = joules / sums.rows;
        all += joules;
        if (i == prompt_phase) continue;
        generated += joules;
        tokens += phase[PhaseSum::tokens];
    }
    values[per_answer] = all / sums.rows;
    values[per_token] = over(generated, tokens);
    values[per_word] = over(all, sums.columns[words]);
    values[per_character] = over(all, sums.columns[characters]);
    values[graded_total] = PhaseSum(sums.columns.subspan(graded_joules)).joules(draw);
}

std::optional<energy::Figure> figure_of(const ConfidenceInterval& estimate, energy::Method method, double scale = 1) {
    if (std::isnan(estimate.value)) return std::nullopt;
    const double low = std::isfinite(estimate.low) ? std::max(0.0, estimate.low) : 0;
    return energy::Figure{base::Joules(scale * estimate.value), base::Joules(scale * low),
                          base::Joules(scale * estimate.high), method};
}

void put(const std::vector<ScopedEstimate>& values, ConfidenceInterval ScopedEstimate::*scope, energy::Method method,
         AnswerFigures& figures) {
    const auto figure = [&](std::size_t value, double scale = 1) {
        return figure_of(values[value].*scope, method, scale);
    };
    constexpr double thousand = 1000;
    figures.joules_per_answer = figure(per_answer);
    figures.joules_per_token = figure(per_token);
    figures.joules_per_1000_words = figure(per_word, thousand);
    figures.joules_per_1000_characters = figure(per_character, thousand);
    for (std::size_t i = 0; i < kept_phase_count; ++i) figures.phase_joules_per_answer[i] = figure(first_phase + i);
}

/// `graded_total`: what these prompts' joules are uncertain by.
void put_per_correct(std::span<const SampledPrompt> prompts, const ConfidenceInterval& graded_total,
                     AnswerSummary& summary) {
    GradedCosts costs;
    for (const SampledPrompt& prompt : prompts) {
        const PromptSum& sum = prompt[0]->all;
        if (sum.graded == 0) continue;
        costs.joules.push_back(sum.joules());
        costs.right.push_back(sum.share_right());
    }
    if (costs.joules.empty()) return;
    const energy::Method method = summary.joules.method;
    const ConfidenceInterval of_prompts = joules_per_right(costs);
    const ConfidenceInterval exact{of_prompts.value, of_prompts.value, of_prompts.value, NoInterval::has_one, {}};
    summary.joules_per_correct = figure_of(widened(of_prompts, graded_total, Scale::ratio), method);
    summary.of_these.joules_per_correct = figure_of(widened(exact, graded_total, Scale::ratio), method);
}

}  // namespace

void put_figures(std::span<const SampledPrompt> prompts, std::size_t contender, const MachineErrors& errors,
                 std::uint64_t seed, AnswerSummary& summary) {
    const Sample sample =
        sample_of(prompts, {contender}, columns,
                  [](std::span<const PromptSum* const> sums, std::span<double> row) { put_row(*sums[0], row); });
    constexpr std::array<Scale, figure_count> scales{};  // all logarithmic
    const std::vector<ScopedEstimate> values = estimate(
        sample, scales,
        [](const Sums& sums, std::span<const MachineDraw> draws, std::span<double> out) {
            evaluate(sums, draws[0], out);
        },
        errors, seed);
    put(values, &ScopedEstimate::of_such, summary.joules.method, summary);
    put(values, &ScopedEstimate::of_these, summary.joules.method, summary.of_these);
    put_per_correct(prompts, values[graded_total].of_these, summary);
    if (summary.in_one_piece > 0) {  // which part of it was thought nobody knows
        for (AnswerFigures* figures : {static_cast<AnswerFigures*>(&summary), &summary.of_these}) {
            figures->joules_per_token.reset();
            figures->phase_joules_per_answer = {};
        }
    }
    summary.joules_per_answer_shares = values[per_answer].of_such.shares;
    summary.joules_per_token_shares = values[per_token].of_such.shares;
}

}  // namespace ergon::lab
