#include "lab/comparison.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "lab/significance.h"

namespace ergon::lab {
namespace {

using energy::kept_phase_count;

constexpr std::size_t prompt_phase = static_cast<std::size_t>(energy::Phase::prompt);

bool shows_thought(const Answer& answer) {
    const auto marked = [](const std::string& text) {
        return text.find("<think>") != std::string::npos || text.find("</think>") != std::string::npos;
    };
    return answer[energy::Phase::thinking].tokens > base::Tokens(0) || !answer.thinking.empty() || marked(answer.text);
}

void add_answer(const Answer& answer, AnswerSummary& summary) {
    ++summary.answers;
    summary.prompts += answer.repeat == 0 ? 1 : 0;
    summary.capped += answer.finish_reason == "length" ? 1 : 0;
    summary.words += count_words(answer.text);
    summary.characters += count_characters(answer.text);
    summary.measures += answer.measures;
    for (std::size_t i = 0; i < kept_phase_count; ++i) {
        const PhaseResult& phase = answer.phases[i];
        summary.tokens[i] += phase.tokens.value();
        summary.seconds += phase.seconds;
        if (!answer.metered) continue;
        summary.phase_joules[i] += phase.total;
        summary.joules += phase.total;
        if (i != prompt_phase) summary.generated += phase.total;
    }
    summary.metered += answer.metered ? 1 : 0;
}

/// Joules of some answers for each of so many; nothing unless the joules of all of them are known.
std::optional<energy::Figure> per(const energy::Figure& joules, std::int64_t amount, const AnswerSummary& of) {
    if (amount <= 0 || of.answers == 0 || of.metered < of.answers) return std::nullopt;
    return joules / static_cast<double>(amount);
}

}  // namespace

ComparisonBuilder::ComparisonBuilder(const std::vector<Contender>& contenders) : prompts_(contenders.size()) {
    for (const Contender& contender : contenders) {
        ContenderSummary& summary = contenders_.emplace_back();
        summary.label = contender.label;
        summary.hash = contender.hash;
        summary.details = contender.details.is_object() ? contender.details : nlohmann::ordered_json::object();
    }
}

void ComparisonBuilder::add(const Answer& answer) {
    const auto position = static_cast<std::size_t>(answer.contender);
    if (position >= contenders_.size()) {
        base::fail(base::ErrorCode::bad_argument,
                   "An answer to prompt {} is by contender {}, but there are {} contenders.", answer.prompt,
                   answer.contender, contenders_.size());
    }
    ContenderSummary& summary = contenders_[position];
    add_answer(answer, summary);
    if (!answer.category.empty()) add_answer(answer, summary.categories[answer.category]);
    categories_.try_emplace(answer.prompt, answer.category);
    summary.reasons = summary.reasons || shows_thought(answer);
    prompts_[position][answer.prompt].add(answer);
    if (!answer.metered) return;
    for (const PhaseResult& phase : answer.phases) spread_.add(phase);
}

void ComparisonBuilder::finish_summary(AnswerSummary& summary, const PromptSums& prompts, const std::string* category,
                                       const BootstrapOptions& options) const {
    std::int64_t generated = 0;
    for (std::size_t i = 0; i < kept_phase_count; ++i) generated += i == prompt_phase ? 0 : summary.tokens[i];
    summary.joules_per_token = per(summary.generated, generated, summary);
    summary.joules_per_answer = per(summary.joules, summary.answers, summary);
    summary.joules_per_1000_words = per(summary.joules * 1000, summary.words, summary);
    summary.joules_per_1000_characters = per(summary.joules * 1000, summary.characters, summary);

    Rows rows(4);  // counted, idle, active, right
    for (const auto& [id, prompt] : prompts) {
        if (prompt.graded == 0 || (category != nullptr && categories_.at(id) != *category)) continue;
        const double share = 1.0 / static_cast<double>(prompt.repeats);
        std::array<double, 4> row{};
        for (const PhaseSum& phase : prompt.phases) {
            row[0] += share * phase.counted;
            row[1] += share * phase.idle_estimated;
            row[2] += share * phase.active_estimated;
        }
        row[3] = static_cast<double>(prompt.right) / static_cast<double>(prompt.graded);
        summary.right += row[3];
        rows.add(row);
    }
    summary.graded = static_cast<std::int64_t>(rows.size());
    if (summary.graded == 0) return;
    summary.accuracy = wilson(summary.right, static_cast<double>(summary.graded));
    if (!(summary.right > 0) || summary.metered < summary.answers) return;
    summary.joules_per_correct = bootstrap(
        rows, 1,
        [&](const Sums& sums, std::span<double> values) {
            const Coefficients factors = spread_.draw(sums.replicate, options.seed);
            const auto& sum = sums.columns;
            values[0] = (sum[0] + factors.idle * sum[1] + factors.active * sum[2]) / sum[3];
        },
        options)[0];
}

std::vector<PromptSummary> ComparisonBuilder::prompt_summaries() const {
    std::vector<PromptSummary> summaries;
    for (const auto& [id, category] : categories_) {
        PromptSummary& summary = summaries.emplace_back(PromptSummary{id, {}});
        for (std::size_t i = 0; i < contenders_.size(); ++i) {
            const auto found = prompts_[i].find(id);
            const bool known = found != prompts_[i].end() && contenders_[i].metered == contenders_[i].answers;
            summary.joules.push_back(
                known ? std::optional(found->second.joules() / static_cast<double>(found->second.repeats))
                      : std::nullopt);
        }
    }
    return summaries;
}

Comparison ComparisonBuilder::finish(const BootstrapOptions& options, std::span<const Factor> factors) const {
    Comparison comparison{contenders_, prompt_summaries(), {}, {}};
    for (std::size_t i = 0; i < contenders_.size(); ++i) {
        ContenderSummary& summary = comparison.contenders[i];
        finish_summary(summary, prompts_[i], nullptr, options);
        for (auto& [category, one] : summary.categories) finish_summary(one, prompts_[i], &category, options);
    }
    for (std::size_t a = 0; a < contenders_.size(); ++a) {
        for (std::size_t b = a + 1; b < contenders_.size(); ++b) {
            PairSummary pair = compare(a, b, options);
            if (pair.prompts > 0) comparison.pairs.push_back(std::move(pair));
        }
    }
    std::vector<double> p_values;
    for (const PairSummary& pair : comparison.pairs) p_values.push_back(pair.p_value);
    const std::vector<double> corrected = holm(p_values);
    for (std::size_t i = 0; i < corrected.size(); ++i) comparison.pairs[i].corrected_p_value = corrected[i];
    if (!factors.empty()) comparison.effects = design_effects(factors, options);
    for (PairSummary& pair : comparison.pairs) {
        pair.factors_apart = std::ranges::count_if(
            factors, [&](const Factor& factor) { return factor.levels[pair.a] != factor.levels[pair.b]; });
    }
    return comparison;
}

std::vector<Effect> ComparisonBuilder::design_effects(std::span<const Factor> factors,
                                                      const BootstrapOptions& options) const {
    std::vector<std::vector<const PromptSum*>> shared;
    for (const auto& [id, category] : categories_) {
        std::vector<const PromptSum*> sums;
        for (const PromptSums& prompts : prompts_) {
            const auto found = prompts.find(id);
            if (found != prompts.end()) sums.push_back(&found->second);
        }
        if (sums.size() == prompts_.size()) shared.push_back(std::move(sums));
    }
    return effects(factors, shared, prompts_.size(), spread_, options);
}

PairSummary ComparisonBuilder::compare(std::size_t a, std::size_t b, const BootstrapOptions& options) const {
    Pairing all(spread_), uncapped(spread_);
    std::map<std::string, Pairing> by_category;
    AccuracyDifference accuracy;
    for (const auto& [prompt, sum] : prompts_[a]) {
        const auto found = prompts_[b].find(prompt);
        if (found == prompts_[b].end()) continue;
        const PromptSum& other = found->second;
        all.add(sum, other);
        if (sum.capped + other.capped == 0) uncapped.add(sum, other);
        const std::string& category = categories_.at(prompt);
        if (!category.empty()) by_category.try_emplace(category, spread_).first->second.add(sum, other);
        accuracy.prompts += sum.graded > 0 && other.graded > 0 ? 1 : 0;
        if (!sum.first_right || !other.first_right) continue;
        accuracy.only_a += *sum.first_right && !*other.first_right ? 1 : 0;
        accuracy.only_b += !*sum.first_right && *other.first_right ? 1 : 0;
    }
    PairSummary pair;
    static_cast<RatioSummary&>(pair) = all.ratios(options);
    pair.a = a;
    pair.b = b;
    if (all.size() == 0) return pair;
    pair.p_value = permutation_p(all.joules(0), all.joules(1), options.seed);
    pair.capped_share = 1 - static_cast<double>(uncapped.size()) / static_cast<double>(all.size());
    if (pair.capped_share > 0) pair.uncapped = uncapped.ratios(options);
    if (by_category.size() > 1) {
        for (const auto& [category, pairing] : by_category) pair.categories[category] = pairing.ratios(options);
    }
    if (accuracy.prompts > 0) {
        accuracy.difference = all.accuracy_difference(options);
        accuracy.p_value = mcnemar_p(accuracy.only_a, accuracy.only_b);
        pair.accuracy = accuracy;
    }
    return pair;
}

}  // namespace ergon::lab
