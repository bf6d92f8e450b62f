#include "lab/statistics/factors.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <initializer_list>
#include <numeric>
#include <set>
#include <string_view>

#include "base/error.h"
#include "lab/statistics/joules_per_right.h"
#include "lab/statistics/significance.h"

namespace ergon::lab {
namespace {

using base::ErrorCode;

// Columns of a prompt's row, for each contender: its joules, and the same if it has a right answer. One more at the end
// counts the prompts that have one.
enum Column : std::size_t { joules_if_graded = PhaseSum::parts, columns_each = 2 * PhaseSum::parts };

// Outcomes of one contrast that joules decide; `graded`: of the prompts that have a right answer.
enum Outcome : std::size_t { joules, graded, outcomes };

/// Weights of the contenders: an outcome's effect is their weighted sum.
struct Contrast {
    std::vector<FactorLevel> levels;
    std::vector<double> weights;
};

std::vector<std::string> levels_of(const Factor& factor) {
    std::vector<std::string> distinct;
    for (const std::string& level : factor.levels) {
        if (std::ranges::find(distinct, level) == distinct.end()) distinct.push_back(level);
    }
    return distinct;
}

void check_design(std::span<const Factor> factors, std::size_t contenders) {
    std::size_t combinations = 1;
    for (const Factor& factor : factors) {
        if (factor.levels.size() != contenders) {
            base::fail(ErrorCode::bad_argument,
                       "Factor {} has {} levels, but there are {} contenders: give one for each.", factor.name,
                       factor.levels.size(), contenders);
        }
        const std::size_t levels = levels_of(factor).size();
        if (levels < 2) {
            base::fail(ErrorCode::bad_argument, "Factor {} has the same level everywhere, so it has no effect.",
                       factor.name);
        }
        combinations *= levels;
    }
    std::set<std::vector<std::string>> seen;
    for (std::size_t i = 0; i < contenders; ++i) {
        std::vector<std::string> combination;
        for (const Factor& factor : factors) combination.push_back(factor.levels[i]);
        seen.insert(std::move(combination));
    }
    if (seen.size() != contenders || combinations != contenders) {
        base::fail(ErrorCode::bad_argument,
                   "{} contenders cannot be the {} combinations of the factors' levels, each of which must occur once.",
                   contenders, combinations);
    }
}

/// 1 / count for contenders at the level, else 0.
std::vector<double> mean_weights(std::size_t contenders, const auto& belongs) {
    std::vector<double> weights(contenders);
    double count = 0;
    for (std::size_t i = 0; i < contenders; ++i) count += belongs(i) ? 1 : 0;
    for (std::size_t i = 0; i < contenders; ++i) weights[i] = belongs(i) ? 1 / count : 0;
    return weights;
}

std::vector<Contrast> contrasts_of(std::span<const Factor> factors, std::size_t contenders) {
    std::vector<Contrast> contrasts;
    for (const Factor& factor : factors) {
        const std::vector<std::string> levels = levels_of(factor);
        const auto base_weights =
            mean_weights(contenders, [&](std::size_t i) { return factor.levels[i] == levels[0]; });
        for (std::size_t l = 1; l < levels.size(); ++l) {
            Contrast contrast{{{factor.name, levels[l], levels[0]}},
                              mean_weights(contenders, [&](std::size_t i) { return factor.levels[i] == levels[l]; })};
            for (std::size_t i = 0; i < contenders; ++i) contrast.weights[i] -= base_weights[i];
            contrasts.push_back(std::move(contrast));
        }
    }
    for (std::size_t f = 0; f < factors.size(); ++f) {
        for (std::size_t g = f + 1; g < factors.size(); ++g) {
            const std::vector<std::string> of_f = levels_of(factors[f]), of_g = levels_of(factors[g]);
            for (std::size_t l = 1; l < of_f.size(); ++l) {
                for (std::size_t m = 1; m < of_g.size(); ++m) {
                    Contrast contrast{{{factors[f].name, of_f[l], of_f[0]}, {factors[g].name, of_g[m], of_g[0]}},
                                      std::vector<double>(contenders)};
                    for (const auto& [x, y, sign] : {std::tuple{l, m, 1.0},
                                                     {l, std::size_t{0}, -1.0},
                                                     {std::size_t{0}, m, -1.0},
                                                     {std::size_t{0}, std::size_t{0}, 1.0}}) {
                        const auto weights = mean_weights(contenders, [&](std::size_t i) {
                            return factors[f].levels[i] == of_f[x] && factors[g].levels[i] == of_g[y];
                        });
                        for (std::size_t i = 0; i < contenders; ++i) contrast.weights[i] += sign * weights[i];
                    }
                    contrasts.push_back(std::move(contrast));
                }
            }
        }
    }
    return contrasts;
}

void put_design_row(std::span<const PromptSum* const> contenders, std::span<double> row) {
    const bool graded = std::ranges::all_of(contenders, [](const PromptSum* one) { return one->graded > 0; });
    for (std::size_t i = 0; i < contenders.size(); ++i) {
        const PromptSum& sum = *contenders[i];
        const std::span<double> at = row.subspan(i * columns_each, columns_each);
        std::ranges::fill(at, 0.0);
        sum.mean().put(at);
        if (!graded) continue;
        sum.mean().put(at.subspan(joules_if_graded));
    }
    row.back() = graded ? 1 : 0;
}

/// Of the prompts that are graded for all.
std::vector<GradedCosts> costs_of(std::span<const SampledPrompt> prompts, std::size_t contenders) {
    std::vector<GradedCosts> costs(contenders);
    for (const SampledPrompt& prompt : prompts) {
        if (!std::ranges::all_of(prompt, [](const PromptSessions* one) { return one->all.graded > 0; })) continue;
        for (std::size_t i = 0; i < contenders; ++i) {
            costs[i].joules.push_back(prompt[i]->all.joules());
            costs[i].right.push_back(prompt[i]->all.share_right());
        }
    }
    return costs;
}

/// Shares right of the contenders on one side, less those on the other (Newcombe's interval of two shares, which are
/// means over the contenders of a side), times what the weights of a side sum up to.
ConfidenceInterval accuracy_contrast(std::span<const GradedCosts> costs, std::span<const double> weights) {
    const std::size_t prompts = costs.front().right.size();
    std::array<std::vector<double>, 2> sides{std::vector<double>(prompts), std::vector<double>(prompts)};
    double whole = 0;
    for (const double weight : weights) whole += std::max(weight, 0.0);
    for (std::size_t i = 0; i < costs.size(); ++i) {
        for (std::size_t prompt = 0; prompt < prompts; ++prompt) {
            sides[weights[i] > 0 ? 1 : 0][prompt] += std::abs(weights[i]) / whole * costs[i].right[prompt];
        }
    }
    ConfidenceInterval difference = newcombe(sides[0], sides[1]);
    for (double* one : {&difference.value, &difference.low, &difference.high}) *one *= whole;
    return difference;
}

void evaluate(const Sums& sums, std::span<const MachineDraw> draws, const std::vector<Contrast>& contrasts,
              std::span<double> values) {
    for (std::size_t c = 0; c < contrasts.size(); ++c) {
        std::array<double, outcomes> effect{};
        for (std::size_t i = 0; i < contrasts[c].weights.size(); ++i) {
            const std::span<const double> at = sums.columns.subspan(i * columns_each, columns_each);
            const double weight = contrasts[c].weights[i];
            if (weight == 0) continue;
            effect[joules] += weight * std::log(PhaseSum(at).joules(draws[i]));
            effect[graded] += weight * std::log(PhaseSum(at.subspan(joules_if_graded)).joules(draws[i]));
        }
        values[c * outcomes + joules] = std::exp(effect[joules]);
        values[c * outcomes + graded] = std::exp(effect[graded]);
    }
}

/// Corrects the p-values of one outcome for the number of effects.
void correct(std::vector<Effect>& effects, const auto& estimate_of, Scale scale, double Effect::*corrected) {
    std::vector<double> p_values;
    for (const Effect& one : effects) p_values.push_back(p_value(estimate_of(one), scale));
    p_values = holm(p_values);
    for (std::size_t i = 0; i < effects.size(); ++i) effects[i].*corrected = p_values[i];
}

/// Levels that say whether the factor is there at all.
bool is_one_of(const std::string& level, std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, std::string_view(level)) != words.end();
}
bool is_yes(const std::string& level) {
    return is_one_of(level, {"yes", "on", "true", "with"});
}
bool is_no(const std::string& level) {
    return is_one_of(level, {"no", "off", "false", "without", "none"});
}

/// "sparse experts", "thinking", "no thinking".
std::string level_name(const std::string& factor, const std::string& level) {
    if (is_yes(level)) return factor;
    return fmt::format("{} {}", is_no(level) ? "no" : level, factor);
}

}  // namespace

std::string effect_name(const Effect& effect) {
    const FactorLevel& first = effect.levels.at(0);
    const std::string name = level_name(first.factor, first.level);
    if (effect.interaction()) {
        return fmt::format("{} with {}", name, level_name(effect.levels[1].factor, effect.levels[1].level));
    }
    const bool whole = is_yes(first.base) || is_no(first.base);
    return fmt::format("{} over {}", name, whole ? level_name(first.factor, first.base) : first.base);
}

Factor parse_factor(const std::string& text) {
    const std::size_t equals = text.find('=');
    Factor factor{text.substr(0, equals), {}};
    std::string rest = equals == text.npos ? "" : text.substr(equals + 1);
    for (std::size_t begin = 0; begin <= rest.size();) {
        const std::size_t end = std::min(rest.find(',', begin), rest.size());
        factor.levels.push_back(rest.substr(begin, end - begin));
        begin = end + 1;
    }
    const bool empty = std::ranges::any_of(factor.levels, &std::string::empty);
    if (factor.name.empty() || empty) {
        base::fail(ErrorCode::bad_argument,
                   "--factor {} must be NAME=LEVEL,LEVEL,... with a level for each contender, such as thinking=no,yes.",
                   text);
    }
    return factor;
}

std::vector<Effect> effects(std::span<const Factor> factors, std::span<const SampledPrompt> prompts,
                            std::size_t contenders, const MachineErrors& errors, std::uint64_t seed) {
    check_design(factors, contenders);
    if (prompts.empty()) return {};
    const std::vector<Contrast> contrasts = contrasts_of(factors, contenders);
    std::vector<std::size_t> everyone(contenders);
    std::iota(everyone.begin(), everyone.end(), std::size_t{0});
    const Sample sample = sample_of(prompts, std::move(everyone), contenders * columns_each + 1, put_design_row);
    const bool any_graded = sample.totals().back() > 0;
    const std::vector<Scale> scales(contrasts.size() * outcomes, Scale::ratio);
    const std::vector<ScopedEstimate> values = estimate(
        sample, scales,
        [&](const Sums& sums, std::span<const MachineDraw> draws, std::span<double> out) {
            evaluate(sums, draws, contrasts, out);
        },
        errors, seed);
    const std::vector<GradedCosts> costs = any_graded ? costs_of(prompts, contenders) : std::vector<GradedCosts>();
    std::vector<Effect> found;
    for (std::size_t c = 0; c < contrasts.size(); ++c) {
        Effect& effect = found.emplace_back();
        effect.levels = contrasts[c].levels;
        effect.joules = values[c * outcomes].of_such;
        if (!any_graded) continue;
        effect.accuracy = accuracy_contrast(costs, contrasts[c].weights);
        effect.joules_per_correct = widened(joules_per_right_contrast(costs, contrasts[c].weights),
                                            values[c * outcomes + graded].of_these, Scale::ratio);
    }
    correct(
        found, [](const Effect& one) { return one.joules; }, Scale::ratio, &Effect::joules_p_value);
    if (any_graded) {
        correct(
            found, [](const Effect& one) { return *one.accuracy; }, Scale::difference, &Effect::accuracy_p_value);
        correct(
            found, [](const Effect& one) { return *one.joules_per_correct; }, Scale::ratio,
            &Effect::joules_per_correct_p_value);
    }
    return found;
}

}  // namespace ergon::lab
