#include "lab/output/comparison_json.h"

#include <cmath>

#include "lab/findings/confounders.h"
#include "lab/findings/findings.h"
#include "lab/statistics/significance.h"

namespace ergon::lab {
namespace {

using energy::Figure;
using energy::kept_phase_count;
using nlohmann::ordered_json;

ordered_json shares_json(const std::array<double, uncertainty_count>& shares) {
    ordered_json json = ordered_json::object();
    for (std::size_t i = 0; i < uncertainty_count; ++i) {
        if (shares[i] > 0) json[std::string(uncertainty_names[i])] = shares[i];
    }
    return json;
}

ordered_json estimate_json(const ConfidenceInterval& estimate) {
    ordered_json json{{"value", estimate.value}, {"low", estimate.low}, {"high", estimate.high}};
    if (ordered_json shares = shares_json(estimate.shares); !shares.empty()) json["variance"] = std::move(shares);
    return json;
}

template <typename T>
ordered_json or_null(const std::optional<T>& value) {
    if (!value) return nullptr;
    if constexpr (std::is_same_v<T, ConfidenceInterval>) {
        return estimate_json(*value);
    } else {
        return *value;
    }
}

ordered_json figures_json(const AnswerFigures& figures) {
    ordered_json by_phase;
    for (std::size_t i = 0; i < kept_phase_count; ++i) {
        by_phase[std::string(energy::phase_names[i])] = or_null(figures.phase_joules_per_answer[i]);
    }
    return {{"joules_per_token", or_null(figures.joules_per_token)},
            {"joules_per_answer", or_null(figures.joules_per_answer)},
            {"joules_per_answer_by_phase", by_phase},
            {"joules_per_1000_words", or_null(figures.joules_per_1000_words)},
            {"joules_per_1000_characters", or_null(figures.joules_per_1000_characters)},
            {"joules_per_correct", or_null(figures.joules_per_correct)}};
}

ordered_json summary_json(const AnswerSummary& summary) {
    ordered_json tokens, joules;
    for (std::size_t i = 0; i < kept_phase_count; ++i) {
        tokens[std::string(energy::phase_names[i])] = summary.tokens[i];
        joules[std::string(energy::phase_names[i])] = summary.phase_joules[i];
    }
    const bool all_metered = summary.metered == summary.answers;
    ordered_json json{{"answers", summary.answers},
                      {"prompts", summary.prompts},
                      {"capped", summary.capped},
                      {"tokens", tokens},
                      {"joules", all_metered ? ordered_json(summary.joules) : nullptr},
                      {"joules_by_phase", all_metered && summary.in_one_piece == 0 ? joules : nullptr},
                      {"in_one_piece", summary.in_one_piece},
                      {"words", summary.words},
                      {"characters", summary.characters},
                      {"seconds", summary.seconds.value()},
                      {"graded", summary.graded},
                      {"right", summary.right},
                      {"accuracy", or_null(summary.accuracy)},
                      {"variance",
                       {{"joules_per_token", shares_json(summary.joules_per_token_shares)},
                        {"joules_per_answer", shares_json(summary.joules_per_answer_shares)}}},
                      {"measures",
                       {{"processor_seconds", summary.measures.processor.value()},
                        {"others_seconds", summary.measures.others.value()},
                        {"bytes", summary.measures.bytes},
                        {"operations", summary.measures.operations}}}};
    json.update(figures_json(summary));
    json["of_these_prompts"] = figures_json(summary.of_these);
    return json;
}

ordered_json contender_json(const ContenderSummary& contender) {
    ordered_json json{{"label", contender.label}, {"reasons", contender.reasons}, {"hash", contender.hash}};
    json.update(summary_json(contender));
    json["failed"] = contender.failed;
    json["left_out"] = contender.left_out;
    ordered_json tasks = ordered_json::array();
    for (const auto& [category, summary] : contender.categories) {
        ordered_json one{{"task", category}};
        one.update(summary_json(summary));
        tasks.push_back(std::move(one));
    }
    json["by_task"] = std::move(tasks);
    json["details"] = contender.details.record;
    return json;
}

ordered_json ratios_json(const RatioSummary& ratios) {
    return {{"prompts", ratios.prompts},
            {"energy_ratio", estimate_json(ratios.energy_ratio)},
            {"geometric_mean_ratio", estimate_json(ratios.geometric_mean_ratio)},
            {"tokens_ratio", estimate_json(ratios.tokens_ratio)},
            {"joules_per_token_ratio", estimate_json(ratios.joules_per_token_ratio)},
            {"joules_per_word_ratio", estimate_json(ratios.joules_per_word_ratio)},
            {"joules_per_character_ratio", estimate_json(ratios.joules_per_character_ratio)},
            {"from_tokens", estimate_json(ratios.from_tokens)},
            {"from_joules_per_token", estimate_json(ratios.from_joules_per_token)},
            {"from_prompts", estimate_json(ratios.from_prompts)}};
}

ordered_json decomposition_json(const PairSummary& pair) {
    ordered_json decomposition = ordered_json::array();
    constexpr std::array<const char*, 2> factors{"tokens", "joules_per_token"};
    const double whole = std::log(pair.energy_ratio.value);
    for (std::size_t i = 0; i < kept_phase_count; ++i) {
        for (std::size_t k = 0; k < factors.size(); ++k) {
            const ConfidenceInterval& term = pair.terms[i][k];
            decomposition.push_back({{"phase", std::string(energy::phase_names[i])},
                                     {"factor", factors[k]},
                                     {"log", estimate_json(term)},
                                     {"share", term.value / whole}});
        }
    }
    return decomposition;
}

ordered_json pair_json(const Comparison& comparison, const PairSummary& pair) {
    const ContenderSummary &a = comparison.contenders[pair.a], &b = comparison.contenders[pair.b];
    ordered_json json{{"a", a.label}, {"b", b.label}};
    json.update(ratios_json(pair));
    json["decomposition"] = decomposition_json(pair);
    json["p_value"] = pair.p_value;
    json["corrected_p_value"] = pair.corrected_p_value;
    json["shown_to_differ"] = pair.differs();
    json["joules_assumed"] = pair.assumed;
    json["equivalence"] = {{"margin", comparison.margin},
                           {"energy_ratio", name(equivalence(pair.energy_ratio, comparison.margin), comparison.margin)},
                           {"joules_per_token_ratio",
                            name(equivalence(pair.joules_per_token_ratio, comparison.margin), comparison.margin)}};
    if (!pair.no_ratio.empty()) json["no_ratio"] = pair.no_ratio;
    if (!pair.no_phases.empty()) json["no_phases"] = pair.no_phases;
    json["capped_share"] = pair.capped_share;
    if (pair.uncapped.prompts > 0) json["uncapped"] = ratios_json(pair.uncapped);
    if (pair.accuracy) {
        json["accuracy"] = {
            {"prompts", pair.accuracy->prompts}, {"difference", estimate_json(pair.accuracy->difference)},
            {"only_a", pair.accuracy->only_a},   {"only_b", pair.accuracy->only_b},
            {"p_value", pair.accuracy->p_value}, {"corrected_p_value", pair.accuracy->corrected_p_value}};
    }
    json["by_task"] = ordered_json::array();
    for (const auto& [category, ratios] : pair.categories) {
        ordered_json one{{"task", category}};
        one.update(ratios_json(ratios));
        one["corrected_p_value"] = ratios.corrected_p_value;
        json["by_task"].push_back(std::move(one));
    }
    const Confounders found = confounders(a, b);
    json["differs"] = ordered_json::array();
    for (const Difference& one : found.differs) {
        json["differs"].push_back({{"what", one.what}, {"a", one.a}, {"b", one.b}});
    }
    json["not_known"] = found.not_known;
    json["limitations"] = found.limitations;
    json["finding"] = finding(comparison, pair);
    return json;
}

}  // namespace

ordered_json comparison_json(const Comparison& comparison, const RunDescription& run,
                             const std::vector<MachineEvent>& machine_events) {
    ordered_json contenders = ordered_json::array();
    for (const ContenderSummary& contender : comparison.contenders) contenders.push_back(contender_json(contender));
    ordered_json pairs = ordered_json::array();
    for (const PairSummary& pair : comparison.pairs) pairs.push_back(pair_json(comparison, pair));
    ordered_json events = ordered_json::array();
    for (const MachineEvent& one : machine_events) {
        events.push_back({{"kind", one.kind}, {"time", one.time}, {"details", one.details}});
    }
    ordered_json effects = ordered_json::array();
    for (const Effect& one : comparison.effects) {
        ordered_json levels = ordered_json::array();
        for (const FactorLevel& level : one.levels) {
            levels.push_back({{"factor", level.factor}, {"level", level.level}, {"over", level.base}});
        }
        effects.push_back({{"what", effect_name(one)},
                           {"levels", levels},
                           {"interaction", one.interaction()},
                           {"joules_ratio", estimate_json(one.joules)},
                           {"accuracy_difference", or_null(one.accuracy)},
                           {"joules_per_correct_ratio", or_null(one.joules_per_correct)},
                           {"corrected_p_values",
                            {{"joules_ratio", one.joules_p_value},
                             {"accuracy_difference", one.accuracy_p_value},
                             {"joules_per_correct_ratio", one.joules_per_correct_p_value}}}});
    }
    ordered_json parts = ordered_json::array();
    for (const Shard& one : comparison.parts) parts.push_back(shard_text(one));
    ordered_json factors = ordered_json::array();
    for (const Factor& one : comparison.factors) factors.push_back({{"name", one.name}, {"levels", one.levels}});
    return {{"contenders", contenders},
            {"pairs", pairs},
            {"factors", factors},
            {"effects", effects},
            {"reasoning", reasoning_sentence(comparison)},
            {"sessions", comparison.sessions},
            {"kind_of_work_deviation", comparison.kind_of_work},
            {"failed_prompts", comparison.failed_prompts},
            {"parts", parts},
            {"protocol", run.protocol},
            {"settings", run.settings},
            {"seed", run.seed},
            {"machine", run.machine},
            {"machine_events", events},
            {"version", run.version}};
}

}  // namespace ergon::lab
