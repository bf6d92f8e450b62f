#include "lab/attribution.h"

#include <fmt/format.h>
#include <limits>

#include "lab/figure_text.h"
#include "lab/store/answer_keys.h"

namespace ergon::lab {
namespace {

// Assumed: whoever computes an answer on a processor keeps a thread busy for most of it, whoever passes it on for a few
// thousandths of it.
constexpr double least_work = 0.05;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr ConfidenceInterval unknown_estimate{not_a_number, not_a_number, not_a_number, NoInterval::undefined, {}};

/// Of a thread, while it answered.
double share_of_thread(const ContenderSummary& one) {
    return one.seconds > base::Seconds(0) ? one.measures.processor / one.seconds : 1;
}

bool used_cards(const ContenderSummary& one) {
    const auto cards = one.measures.components.find(cards_component);
    return cards != one.measures.components.end() && cards->second > 0;
}

void withhold_joules(RatioSummary& ratios) {
    for (ConfidenceInterval RatioSummary::*one :
         {&RatioSummary::energy_ratio, &RatioSummary::geometric_mean_ratio, &RatioSummary::joules_per_word_ratio,
          &RatioSummary::joules_per_character_ratio, &RatioSummary::energy_ratio_of_these}) {
        ratios.*one = unknown_estimate;
    }
}

void withhold_phases(RatioSummary& ratios) {
    for (ConfidenceInterval RatioSummary::*one :
         {&RatioSummary::joules_per_token_ratio, &RatioSummary::joules_per_token_ratio_of_these,
          &RatioSummary::from_tokens, &RatioSummary::from_joules_per_token, &RatioSummary::from_prompts}) {
        ratios.*one = unknown_estimate;
    }
    for (auto& terms : ratios.terms) terms.fill(unknown_estimate);
}

}  // namespace

std::string incomparable(const ContenderSummary& one) {
    if (one.details.kind != ContenderKind::server || !one.details.on_this_machine) return {};
    const std::string who = shown(one.label);
    if (one.details.charge != Charge::processes) {
        const std::string& reason = one.details.charge_reason;
        const std::string why = reason.empty() ? "its process was not identified" : reason;
        return fmt::format("the joules of {} are those of the whole machine, other programs included: {}", who, why);
    }
    if (one.answers == 0 || used_cards(one) || share_of_thread(one) >= least_work) return {};
    return fmt::format(
        "the processes of {} used {:.1f}% of one thread while it answered, so another program does the work, or a "
        "device "
        "that does not report its users",
        who, 100 * share_of_thread(one));
}

void withhold_unknown(const ContenderSummary& a, const ContenderSummary& b, PairSummary& pair) {
    for (const ContenderSummary* one : {&a, &b}) {
        if (const std::string why = incomparable(*one); !why.empty()) {
            pair.no_ratio += (pair.no_ratio.empty() ? "" : "; ") + why;
        }
        if (one->in_one_piece == 0) continue;
        pair.no_phases +=
            fmt::format("{}{} of {} answers of {} arrived in one piece", pair.no_phases.empty() ? "" : ", ",
                        one->in_one_piece, one->answers, shown(one->label));
    }
    const auto withhold = [&](RatioSummary& ratios) {
        if (!pair.no_ratio.empty()) withhold_joules(ratios);
        if (!pair.no_ratio.empty() || !pair.no_phases.empty()) withhold_phases(ratios);
    };
    withhold(pair);
    withhold(pair.uncapped);
    for (auto& [category, ratios] : pair.categories) withhold(ratios);
    if (!pair.no_ratio.empty()) pair.p_value = pair.corrected_p_value = 1;
}

void withhold_unknown(const std::vector<ContenderSummary>& contenders, std::vector<Effect>& effects) {
    for (const ContenderSummary& one : contenders) {
        if (incomparable(one).empty()) continue;
        for (Effect& effect : effects) {
            effect.joules = unknown_estimate;
            if (effect.joules_per_correct) effect.joules_per_correct = unknown_estimate;
        }
    }
}

}  // namespace ergon::lab
