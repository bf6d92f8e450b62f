#include "lab/statistics/pairing.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lab/statistics/decomposition.h"
#include "lab/statistics/significance.h"

namespace ergon::lab {
namespace {

using energy::kept_phase_count;

// Columns of a prompt's row: for each side its phases, then words and characters; at the end the log of its ratio.
constexpr std::size_t side_columns = kept_phase_count * PhaseSum::parts + 2;
constexpr std::size_t log_ratio_column = 2 * side_columns;
constexpr std::size_t column_count = log_ratio_column + 1;

// The values that one replicate computes.
enum Value : std::size_t {
    energy_ratio,
    geometric_mean_ratio,
    tokens_ratio,
    joules_per_token_ratio,
    joules_per_word_ratio,
    joules_per_character_ratio,
    from_tokens,
    from_joules_per_token,
    from_prompts,
    first_term
};
constexpr std::size_t value_count = first_term + 2 * kept_phase_count;

constexpr std::array<Scale, value_count> scales() {
    std::array<Scale, value_count> all{};
    for (std::size_t i = 0; i < value_count; ++i) all[i] = i < first_term ? Scale::ratio : Scale::difference;
    return all;
}

/// Sums of one side over the prompts of a sample.
struct Side {
    std::array<PhaseAmount, kept_phase_count> phases{};
    PhaseAmount generated;
    double joules = 0;
    double words = 0;
    double characters = 0;

    Side(std::span<const double> columns, const MachineDraw& draw) {
        for (std::size_t i = 0; i < kept_phase_count; ++i) {
            const PhaseSum phase(columns.subspan(i * PhaseSum::parts));
            phases[i] = {phase[PhaseSum::tokens], phase.joules(draw, i)};
            joules += phases[i].joules;
            if (i == prompt_phase) continue;
            generated.tokens += phases[i].tokens;
            generated.joules += phases[i].joules;
        }
        words = columns[side_columns - 2];
        characters = columns[side_columns - 1];
    }
};

void put_side(const PromptSum& prompt, std::span<double> columns) {
    const auto answers = static_cast<double>(prompt.answers);
    for (std::size_t i = 0; i < kept_phase_count; ++i) {
        (prompt.phases[i] / answers).put(columns.subspan(i * PhaseSum::parts));
    }
    columns[side_columns - 2] = prompt.words / answers;
    columns[side_columns - 1] = prompt.characters / answers;
}

void put_row(const PromptSum& a, const PromptSum& b, std::span<double> row) {
    put_side(a, row.first(side_columns));
    put_side(b, row.subspan(side_columns, side_columns));
    row[log_ratio_column] = std::log(b.joules()) - std::log(a.joules());
}

void put_decomposition(const Side& a, const Side& b, std::span<double> values) {
    const auto terms = decompose(a.phases, b.phases);
    if (!terms) return;
    double tokens = 0, joules_per_token = 0, prompts = 0;
    for (std::size_t i = 0; i < kept_phase_count; ++i) {
        const DecompositionTerm& term = (*terms)[i];
        values[first_term + 2 * i] = term.tokens;
        values[first_term + 2 * i + 1] = term.joules_per_token;
        if (i == prompt_phase) {
            prompts = term.tokens + term.joules_per_token;
        } else {
            tokens += term.tokens;
            joules_per_token += term.joules_per_token;
        }
    }
    values[from_tokens] = std::exp(tokens);
    values[from_joules_per_token] = std::exp(joules_per_token);
    values[from_prompts] = std::exp(prompts);
}

void evaluate(const Sums& sums, std::span<const MachineDraw> draws, bool assumed, std::span<double> values) {
    std::ranges::fill(values, std::numeric_limits<double>::quiet_NaN());
    const auto of_a = sums.columns.first(side_columns), of_b = sums.columns.subspan(side_columns, side_columns);
    const Side a(of_a, draws[0]), b(of_b, draws[1]);
    values[tokens_ratio] = over(b.generated.tokens, a.generated.tokens);
    if (a.joules > 0 && b.joules > 0) values[energy_ratio] = b.joules / a.joules;
    if (!assumed) {
        put_decomposition(a, b, values);
        if (b.generated.tokens > 0 && a.generated.joules > 0) {
            values[joules_per_token_ratio] =
                over(b.generated.joules / b.generated.tokens, a.generated.joules / a.generated.tokens);
        }
    }
    if (a.words > 0 && b.words > 0) {
        values[joules_per_word_ratio] = over(b.joules / b.words, a.joules / a.words);
        values[joules_per_character_ratio] = over(b.joules / b.characters, a.joules / a.characters);
    }
    // Each prompt's ratio moves with the draws about as that of the totals does.
    const Side plain_a(of_a, {}), plain_b(of_b, {});
    values[geometric_mean_ratio] = std::exp(sums.columns[log_ratio_column] / sums.rows) * over(b.joules, a.joules) /
                                   over(plain_b.joules, plain_a.joules);
}

}  // namespace

RatioSummary Pairing::ratios(std::uint64_t seed) const {
    RatioSummary summary;
    summary.prompts = static_cast<std::int64_t>(prompts_.size());
    if (prompts_.empty()) return summary;
    const Sample sample = sample_of(
        prompts_, {contenders_.begin(), contenders_.end()}, column_count,
        [](std::span<const PromptSum* const> sums, std::span<double> row) { put_row(*sums[0], *sums[1], row); });
    const std::vector<ScopedEstimate> values = estimate(
        sample, scales(),
        [&](const Sums& sums, std::span<const MachineDraw> draws, std::span<double> out) {
            evaluate(sums, draws, assumed_, out);
        },
        errors_, seed);
    summary.energy_ratio = values[energy_ratio].of_such;
    summary.geometric_mean_ratio = values[geometric_mean_ratio].of_such;
    summary.tokens_ratio = values[tokens_ratio].of_such;
    summary.joules_per_token_ratio = values[joules_per_token_ratio].of_such;
    summary.joules_per_word_ratio = values[joules_per_word_ratio].of_such;
    summary.joules_per_character_ratio = values[joules_per_character_ratio].of_such;
    summary.energy_ratio_of_these = values[energy_ratio].of_these;
    summary.tokens_ratio_of_these = values[tokens_ratio].of_these;
    summary.joules_per_token_ratio_of_these = values[joules_per_token_ratio].of_these;
    summary.from_tokens = values[from_tokens].of_such;
    summary.from_joules_per_token = values[from_joules_per_token].of_such;
    summary.from_prompts = values[from_prompts].of_such;
    for (std::size_t i = 0; i < kept_phase_count; ++i) {
        summary.terms[i] = {values[first_term + 2 * i].of_such, values[first_term + 2 * i + 1].of_such};
    }
    return summary;
}

std::vector<double> Pairing::joules(std::size_t side) const {
    std::vector<double> joules;
    for (const SampledPrompt& prompt : prompts_) {
        joules.push_back(prompt[side]->all.joules());
    }
    return joules;
}

ConfidenceInterval Pairing::accuracy_difference() const {
    std::array<std::vector<double>, 2> shares;
    for (const SampledPrompt& prompt : prompts_) {
        if (prompt[0]->all.graded == 0 || prompt[1]->all.graded == 0) continue;
        for (std::size_t side = 0; side < shares.size(); ++side)
            shares[side].push_back(prompt[side]->all.share_right());
    }
    return newcombe(shares[0], shares[1]);
}

}  // namespace ergon::lab
