#include "lab/comparison.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/strings/thought_markers.h"
#include "client/chat.h"
#include "lab/answer_figures.h"
#include "lab/attribution.h"
#include "lab/statistics/significance.h"
#include "lab/store/answer_keys.h"
#include "lab/store/json_fields.h"

namespace ergon::lab {
namespace {

using energy::kept_phase_count;

bool shows_thought(const Answer& answer) {
    return answer[energy::Phase::thinking].tokens > base::Tokens(0) || !answer.thinking.empty() ||
           base::holds_thought_marker(answer.text);
}

void add_answer(const Answer& answer, AnswerSummary& summary) {
    ++summary.answers;
    summary.prompts += answer.repeat == 0 && answer.session == 0 ? 1 : 0;
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
    }
    summary.metered += answer.metered ? 1 : 0;
    summary.counted_in_chunks +=
        text_field(answer.raw, counted_by_key) == client::name(client::CountedBy::chunks) ? 1 : 0;
    summary.in_one_piece += answer.metered && flag_field(answer.raw, in_one_piece_key).value_or(false) ? 1 : 0;
}

}  // namespace

ComparisonBuilder::ComparisonBuilder(const std::vector<Contender>& contenders, double kind_of_work)
    : prompts_(contenders.size()), errors_(contenders.size(), kind_of_work), kind_of_work_(kind_of_work) {
    for (const Contender& contender : contenders) {
        ContenderSummary& summary = contenders_.emplace_back();
        summary.label = contender.label;
        summary.details = contender_details(contender.details);
        summary.hash = contender.hash.empty() ? summary.details.found_hash : contender.hash;
        summary.assumed = summary.details.assumed_joules_per_token.has_value();
    }
}

ContenderSummary& ComparisonBuilder::summary_of(std::int64_t contender, const std::string& prompt) {
    const auto position = static_cast<std::size_t>(contender);
    if (position >= contenders_.size()) {
        base::fail(base::ErrorCode::bad_argument,
                   "An answer to prompt {} is by contender {}, but there are {} contenders.", prompt, contender,
                   contenders_.size());
    }
    return contenders_[position];
}

void ComparisonBuilder::add_failure(const Failure& failure) {
    ContenderSummary& summary = summary_of(failure.contender, failure.prompt);
    ++summary.failed;
    summary.failed_because = failure.reason;
    failed_prompts_.insert(failure.prompt);
}

void ComparisonBuilder::add(const Answer& answer) {
    ContenderSummary& summary = summary_of(answer.contender, answer.prompt);
    for (const std::string& refused : texts_field(answer.raw, left_out_key)) ++summary.left_out[refused];
    add_answer(answer, summary);
    if (!answer.category.empty()) add_answer(answer, summary.categories[answer.category]);
    categories_.try_emplace(answer.prompt, answer.category);
    summary.reasons = summary.reasons || shows_thought(answer);
    prompts_[static_cast<std::size_t>(answer.contender)][answer.prompt].add(answer, summary.assumed);
    sessions_ = std::max(sessions_, answer.session + 1);
    if (!answer.metered) return;
    for (const PhaseResult& phase : answer.phases)
        errors_.add(static_cast<std::size_t>(answer.contender), phase, summary.assumed);
}

void ComparisonBuilder::finish_summary(AnswerSummary& summary, std::size_t contender, const std::string* category,
                                       std::uint64_t seed) const {
    std::vector<SampledPrompt> prompts;
    for (const auto& [id, prompt] : prompts_[contender]) {
        if (category != nullptr && categories_.at(id) != *category) continue;
        prompts.push_back({&prompt});
        if (prompt.all.graded == 0) continue;
        ++summary.graded;
        summary.right += prompt.all.share_right();
    }
    if (summary.graded > 0) summary.accuracy = wilson(summary.right, static_cast<double>(summary.graded));
    if (summary.answers == 0 || summary.metered < summary.answers) return;
    put_figures(prompts, contender, errors_, seed, summary);
}

std::vector<PromptSummary> ComparisonBuilder::prompt_summaries() const {
    std::vector<PromptSummary> summaries;
    for (const auto& [id, category] : categories_) {
        PromptSummary& summary = summaries.emplace_back(PromptSummary{id, {}});
        for (std::size_t i = 0; i < contenders_.size(); ++i) {
            const auto found = prompts_[i].find(id);
            const bool metered = found != prompts_[i].end() && contenders_[i].metered == contenders_[i].answers;
            summary.joules.push_back(metered ? std::optional(found->second.all.joules()) : std::nullopt);
        }
    }
    return summaries;
}

Comparison ComparisonBuilder::finish(std::uint64_t seed, std::span<const Factor> factors) const {
    Comparison comparison;
    comparison.contenders = contenders_;
    comparison.prompts = prompt_summaries();
    comparison.factors.assign(factors.begin(), factors.end());
    comparison.sessions = sessions_;
    comparison.kind_of_work = kind_of_work_;
    comparison.failed_prompts = std::ssize(failed_prompts_);
    for (std::size_t i = 0; i < contenders_.size(); ++i) {
        ContenderSummary& summary = comparison.contenders[i];
        finish_summary(summary, i, nullptr, seed);
        for (auto& [category, one] : summary.categories) finish_summary(one, i, &category, seed);
        if (!summary.assumed) continue;  // joules per token that were assumed are no figure of these answers
        summary.joules_per_token.reset();
        summary.of_these.joules_per_token.reset();
    }
    for (std::size_t a = 0; a < contenders_.size(); ++a) {
        for (std::size_t b = a + 1; b < contenders_.size(); ++b) {
            PairSummary pair = compare(a, b, seed);
            if (pair.prompts > 0) comparison.pairs.push_back(std::move(pair));
        }
    }
    if (!factors.empty()) comparison.effects = design_effects(factors, seed);
    correct_p_values(comparison);
    for (PairSummary& pair : comparison.pairs) {
        pair.factors_apart = std::ranges::count_if(
            factors, [&](const Factor& factor) { return factor.levels[pair.a] != factor.levels[pair.b]; });
    }
    return comparison;
}

void ComparisonBuilder::correct_p_values(Comparison& comparison) const {
    std::vector<double> joules, accuracy;
    for (PairSummary& pair : comparison.pairs) {
        joules.push_back(pair.p_value);
        if (pair.accuracy) accuracy.push_back(pair.accuracy->p_value);
        std::vector<double> categories;
        for (const auto& [name, one] : pair.categories) {
            categories.push_back(p_value(one.energy_ratio, Scale::ratio));
        }
        categories = holm(categories);
        auto corrected = categories.begin();
        for (auto& [name, one] : pair.categories) one.corrected_p_value = *corrected++;
    }
    joules = holm(joules);
    accuracy = holm(accuracy);
    auto of_accuracy = accuracy.begin();
    for (std::size_t i = 0; i < comparison.pairs.size(); ++i) {
        PairSummary& pair = comparison.pairs[i];
        pair.corrected_p_value = joules[i];
        if (pair.accuracy) pair.accuracy->corrected_p_value = *of_accuracy++;
    }
}

std::vector<Effect> ComparisonBuilder::design_effects(std::span<const Factor> factors, std::uint64_t seed) const {
    std::vector<SampledPrompt> shared;
    for (const auto& [id, category] : categories_) {
        if (failed_prompts_.contains(id)) continue;
        SampledPrompt sums;
        for (const PromptSums& prompts : prompts_) {
            const auto found = prompts.find(id);
            if (found != prompts.end()) sums.push_back(&found->second);
        }
        if (sums.size() == prompts_.size()) shared.push_back(std::move(sums));
    }
    std::vector<Effect> found = effects(factors, shared, prompts_.size(), errors_, seed);
    withhold_unknown(contenders_, found);
    return found;
}

PairSummary ComparisonBuilder::compare(std::size_t a, std::size_t b, std::uint64_t seed) const {
    const bool assumed = contenders_[a].assumed || contenders_[b].assumed;
    const Pairing empty(errors_, a, b, assumed);
    Pairing all = empty, uncapped = empty;
    std::map<std::string, Pairing> by_category;
    AccuracyDifference accuracy;
    for (const auto& [prompt, of_a] : prompts_[a]) {
        const auto found = prompts_[b].find(prompt);
        if (found == prompts_[b].end() || failed_prompts_.contains(prompt)) continue;
        const PromptSessions& of_b = found->second;
        const PromptSum &sum = of_a.all, &other = of_b.all;
        all.add(of_a, of_b);
        if (sum.capped + other.capped == 0) uncapped.add(of_a, of_b);
        const std::string& category = categories_.at(prompt);
        if (!category.empty()) by_category.try_emplace(category, empty).first->second.add(of_a, of_b);
        accuracy.prompts += sum.graded > 0 && other.graded > 0 ? 1 : 0;
        if (!sum.first_right || !other.first_right) continue;
        accuracy.only_a += *sum.first_right && !*other.first_right ? 1 : 0;
        accuracy.only_b += !*sum.first_right && *other.first_right ? 1 : 0;
    }
    PairSummary pair;
    static_cast<RatioSummary&>(pair) = all.ratios(seed);
    pair.a = a;
    pair.b = b;
    pair.assumed = assumed;
    if (all.size() == 0) return pair;
    pair.p_value = permutation_p(all.joules(0), all.joules(1), seed);
    pair.capped_share = 1 - static_cast<double>(uncapped.size()) / static_cast<double>(all.size());
    if (pair.capped_share > 0) pair.uncapped = uncapped.ratios(seed);
    if (by_category.size() > 1) {
        for (const auto& [category, pairing] : by_category) pair.categories[category] = pairing.ratios(seed);
    }
    if (accuracy.prompts > 0) {
        accuracy.difference = all.accuracy_difference();
        accuracy.p_value = mcnemar_p(accuracy.only_a, accuracy.only_b);
        pair.accuracy = accuracy;
    }
    withhold_unknown(contenders_[a], contenders_[b], pair);
    return pair;
}

}  // namespace ergon::lab
