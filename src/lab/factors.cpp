#include "lab/factors.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <set>

#include "base/error.h"
#include "lab/terminal_text.h"

namespace ergon::lab {
namespace {

using base::ErrorCode;

// Columns of a prompt's row, for each contender: joules by how they are known, the same of prompts that have a right
// answer, and the share of right answers. One more at the end counts those prompts.
enum Column : std::size_t { counted, idle, active, graded_counted, graded_idle, graded_active, right, columns_each };

// Outcomes of one contrast.
enum Outcome : std::size_t { joules, accuracy, joules_per_correct, outcomes };

/// Weights of the contenders: an outcome's effect is their weighted sum.
struct Contrast {
    std::string what;
    bool interaction = false;
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
        base::fail(
            ErrorCode::bad_argument,
            "{} contenders cannot be the {} combinations of the factors' levels, each of which must be there once.",
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
            Contrast contrast{fmt::format("{}: {} over {}", factor.name, levels[l], levels[0]), false,
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
                    Contrast contrast{
                        fmt::format("{}: {} with {}: {}", factors[f].name, of_f[l], factors[g].name, of_g[m]), true,
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

Rows rows_of(std::span<const std::vector<const PromptSum*>> prompts, std::size_t contenders) {
    Rows rows(contenders * columns_each + 1);
    std::vector<double> row(contenders * columns_each + 1);
    for (const std::vector<const PromptSum*>& prompt : prompts) {
        const bool graded = std::ranges::all_of(prompt, [](const PromptSum* one) { return one->graded > 0; });
        for (std::size_t i = 0; i < contenders; ++i) {
            const PromptSum& sum = *prompt[i];
            double* const at = row.data() + i * columns_each;
            std::fill(at, at + columns_each, 0.0);
            for (const PhaseSum& phase : sum.phases) {
                const double share = 1 / static_cast<double>(sum.repeats);
                at[counted] += share * phase.counted;
                at[idle] += share * phase.idle_estimated;
                at[active] += share * phase.active_estimated;
            }
            if (!graded) continue;
            for (std::size_t k = 0; k < 3; ++k) at[graded_counted + k] = at[counted + k];
            at[right] = static_cast<double>(sum.right) / static_cast<double>(sum.graded);
        }
        row.back() = graded ? 1 : 0;
        rows.add(row);
    }
    return rows;
}

void evaluate(const Sums& sums, const Coefficients& factors, const std::vector<Contrast>& contrasts,
              std::span<double> values) {
    for (std::size_t c = 0; c < contrasts.size(); ++c) {
        std::array<double, outcomes> effect{};
        for (std::size_t i = 0; i < contrasts[c].weights.size(); ++i) {
            const double* const at = sums.columns.data() + i * columns_each;
            const double weight = contrasts[c].weights[i];
            if (weight == 0) continue;
            const double all = at[counted] + factors.idle * at[idle] + factors.active * at[active];
            const double graded =
                at[graded_counted] + factors.idle * at[graded_idle] + factors.active * at[graded_active];
            effect[joules] += weight * std::log(all);
            effect[accuracy] += weight * at[right] / sums.columns.back();
            effect[joules_per_correct] += weight * std::log(graded / at[right]);
        }
        values[c * outcomes + joules] = std::exp(effect[joules]);
        values[c * outcomes + accuracy] = effect[accuracy];
        values[c * outcomes + joules_per_correct] = std::exp(effect[joules_per_correct]);
    }
}

}  // namespace

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

std::vector<Effect> effects(std::span<const Factor> factors, std::span<const std::vector<const PromptSum*>> prompts,
                            std::size_t contenders, const MachineSpread& spread, const BootstrapOptions& options) {
    check_design(factors, contenders);
    if (prompts.empty()) return {};
    const std::vector<Contrast> contrasts = contrasts_of(factors, contenders);
    const Rows rows = rows_of(prompts, contenders);
    double graded = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) graded += rows[i].back();
    const std::vector<Estimate> values = bootstrap(
        rows, contrasts.size() * outcomes,
        [&](const Sums& sums, std::span<double> out) {
            evaluate(sums, spread.draw(sums.replicate, options.seed), contrasts, out);
        },
        options);
    std::vector<Effect> found;
    for (std::size_t c = 0; c < contrasts.size(); ++c) {
        Effect& effect =
            found.emplace_back(Effect{contrasts[c].what, contrasts[c].interaction, values[c * outcomes], {}, {}});
        if (!(graded > 0)) continue;
        effect.accuracy = values[c * outcomes + accuracy];
        effect.joules_per_correct = values[c * outcomes + joules_per_correct];
    }
    return found;
}

std::string effects_text(std::span<const Effect> effects) {
    if (effects.empty()) return {};
    const bool graded = effects.front().accuracy.has_value();
    std::string text = fmt::format("{:<40} {:<22}{}\n", "effect of a factor (95% intervals)", "joules, ratio",
                                   graded ? fmt::format("{:<17}{:<20}", "right, points", "joules per right") : "");
    const auto ratio = [](const Estimate& one) {
        return std::isfinite(one.value) ? fmt::format("{:.2f} ({})", one.value, interval_text(one)) : std::string("-");
    };
    for (const Effect& one : effects) {
        text += fmt::format("{:<40} {:<22}", (one.interaction ? "  " : "") + shown(one.what, 38), ratio(one.joules));
        if (one.accuracy && one.joules_per_correct) {
            const Estimate& points = *one.accuracy;
            const std::string interval = known(points)
                                             ? fmt::format(" ({:+.0f} to {:+.0f})", 100 * points.low, 100 * points.high)
                                             : std::string();
            text += fmt::format("{:<17}{:<20}", fmt::format("{:+.0f}{}", 100 * points.value, interval),
                                ratio(*one.joules_per_correct));
        }
        text += '\n';
    }
    return text;
}

}  // namespace ergon::lab
