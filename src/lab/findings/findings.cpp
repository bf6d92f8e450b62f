#include "lab/findings/findings.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string_view>

#include "lab/figure_text.h"
#include "lab/findings/confounders.h"
#include "lab/statistics/significance.h"

namespace ergon::lab {
namespace {

std::string p_text(double p) {
    const std::string text = p_value_text(p, p < 0.1 ? 3 : 2);
    return (text.starts_with('<') ? "p " : "p = ") + text;
}

std::string capitalised(std::string text) {
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
    return text;
}

/// "a factor of 1.80 (1.52 to 2.13; 94%) comes from more generated tokens"
std::string cause(const ConfidenceInterval& factor, const PairSummary& pair, std::string_view more,
                  std::string_view fewer, std::string_view same) {
    const std::string_view what = !excludes_one(factor) ? same : factor.value > 1 ? more : fewer;
    const std::string share = share_text(factor, pair);
    return fmt::format("a factor of {:.2f} ({}{}) comes from {}", factor.value, interval_text(factor),
                       share.empty() ? "" : "; " + share, what);
}

/// "equal within 5%", "different" or "undecided", and the ratio.
std::string verdict_text(const ConfidenceInterval& ratio, double margin) {
    return fmt::format("{:.2f} ({}; {})", ratio.value, interval_text(ratio), name(equivalence(ratio, margin), margin));
}

/// What the published quarrel turned on: a cause is named only where both of its sides are shown.
std::string length_sentence(const PairSummary& pair, const std::string& b, double margin) {
    const ConfidenceInterval& per_token = pair.joules_per_token_ratio;
    if (!known(per_token)) return {};
    const bool longer = pair.tokens_ratio.value > 1;
    const bool only_tokens = excludes_one(pair.tokens_ratio) && longer == (pair.energy_ratio.value > 1) &&
                             equivalence(per_token, margin) == Equivalence::equal;
    if (!only_tokens) return fmt::format(" Joules per token: {}.", verdict_text(per_token, margin));
    return fmt::format(" Joules per token: {}, so {} takes {:.0f}% {} energy because its answers are {}.",
                       verdict_text(per_token, margin), b, 100 * std::abs(pair.energy_ratio.value - 1),
                       longer ? "more" : "less", longer ? "longer" : "shorter");
}

/// Of joules that are an assumption times the tokens, only the tokens are evidence.
std::string assumed_sentence(const Comparison& comparison, const PairSummary& pair) {
    const ContenderSummary &a = comparison.contenders[pair.a], &b = comparison.contenders[pair.b];
    const std::string whose = a.assumed && b.assumed ? "both" : shown(a.assumed ? a.label : b.label);
    return fmt::format(
        "{} generated {:.2f} times the tokens of {} (95% interval {}). The joules per token of {} are assumed, not "
        "measured, so the token counts are the only evidence. Under that assumption, with its uncertainty, joules per "
        "answer are {:.2f} times as many ({}).",
        shown(b.label), pair.tokens_ratio.value, shown(a.label), interval_text(pair.tokens_ratio), whose,
        pair.energy_ratio.value, interval_text(pair.energy_ratio));
}

std::string capped_sentence(const PairSummary& pair) {
    if (pair.capped_share <= tolerated_capped_share) return {};
    const std::string share = fmt::format(
        " On {:.0f}% of the prompts an answer was cut off by a token limit, so this ratio mostly reflects the limits",
        100 * pair.capped_share);
    if (pair.uncapped.prompts == 0) return share + "; no prompt has complete answers of both.";
    return share + fmt::format("; on the {} prompt{} where none was, it is {:.2f} ({}).", pair.uncapped.prompts,
                               pair.uncapped.prompts == 1 ? "" : "s", pair.uncapped.energy_ratio.value,
                               interval_text(pair.uncapped.energy_ratio));
}

std::string tokenizer_sentence(const Comparison& comparison, const PairSummary& pair) {
    const std::optional<bool> same =
        confounders(comparison.contenders[pair.a], comparison.contenders[pair.b]).same_tokenizer;
    if (same.value_or(false) || !known(pair.joules_per_word_ratio)) return {};
    const char* const why = same
                                ? "Their tokenizers differ, so their tokens are not the same unit"
                                : "Whether their tokenizers are the same is not known, and so whether their tokens are "
                                  "the same unit";
    return fmt::format(" {}: per word of answer the ratio of joules is {:.2f} ({}), per character {:.2f} ({}).", why,
                       pair.joules_per_word_ratio.value, interval_text(pair.joules_per_word_ratio),
                       pair.joules_per_character_ratio.value, interval_text(pair.joules_per_character_ratio));
}

std::string accuracy_sentence(const Comparison& comparison, const PairSummary& pair) {
    if (!pair.accuracy) return {};
    const ContenderSummary &a = comparison.contenders[pair.a], &b = comparison.contenders[pair.b];
    const AccuracyDifference& accuracy = *pair.accuracy;
    const std::string shares = fmt::format("{} is right on {:.0f}% and {} on {:.0f}% of {} prompts", shown(b.label),
                                           100 * b.accuracy.value_or(ConfidenceInterval{}).value, shown(a.label),
                                           100 * a.accuracy.value_or(ConfidenceInterval{}).value, accuracy.prompts);
    const auto pairs =
        std::ranges::count_if(comparison.pairs, [](const PairSummary& one) { return one.accuracy.has_value(); });
    const std::string test = fmt::format("McNemar's test, {}{}", p_text(accuracy.corrected_p_value),
                                         pairs > 1 ? fmt::format(" corrected for {} pairs", pairs) : "");
    if (accuracy.corrected_p_value > 0.05) {
        return fmt::format(" {}: not a significant difference ({}).", shares, test);
    }
    return fmt::format(" {}, a significant difference ({}).", shares, test);
}

bool shown_by(const Effect& effect) {
    return known(effect.joules) && effect.joules_p_value <= 0.05;
}

const PairSummary& main_pair(const Comparison& comparison) {
    const auto size = [](const PairSummary& pair) {
        return pair.differs() && !pair.assumed ? std::abs(std::log(pair.energy_ratio.value)) : 0;
    };
    return *std::ranges::max_element(comparison.pairs, {}, size);
}

std::string pair_headline(const Comparison& comparison, const PairSummary& pair) {
    const std::string a = shown(comparison.contenders[pair.a].label), b = shown(comparison.contenders[pair.b].label);
    const ConfidenceInterval& ratio = pair.energy_ratio;
    if (!pair.no_ratio.empty() || !std::isfinite(ratio.value)) {
        return fmt::format("The energy of {} and {} cannot be compared", b, a);
    }
    if (pair.assumed) {
        return fmt::format("{} generates {:.2f} times the tokens of {} (95% interval {})", b, pair.tokens_ratio.value,
                           a, interval_text(pair.tokens_ratio));
    }
    return fmt::format("{} takes {:.2f} times the joules of {} per answer (95% interval {}){}", b, ratio.value, a,
                       interval_text(ratio), pair.differs() ? "" : ", no difference is shown");
}

}  // namespace

std::string share_text(const ConfidenceInterval& factor, const PairSummary& pair) {
    if (!pair.differs()) return {};
    const double whole = std::log(pair.energy_ratio.value);
    // Where causes pull both ways their shares are no parts of the whole: 467% and -308% tell nobody anything.
    constexpr double rounding = 0.005;
    for (const ConfidenceInterval* one : {&pair.from_tokens, &pair.from_joules_per_token, &pair.from_prompts}) {
        if (std::log(one->value) / whole < -rounding) return {};
    }
    return fmt::format("{:.0f}%", std::max(0.0, 100 * std::log(factor.value) / whole));
}

std::string ratio_sentence(const Comparison& comparison, const PairSummary& pair) {
    const std::string a = shown(comparison.contenders[pair.a].label), b = shown(comparison.contenders[pair.b].label);
    const ConfidenceInterval& ratio = pair.energy_ratio;
    if (!pair.no_ratio.empty()) {
        return fmt::format("No ratio of joules is given for {} and {}, since {}.", b, a, pair.no_ratio);
    }
    if (!std::isfinite(ratio.value)) {
        return fmt::format("{} and {} cannot be compared: the energy of one of them is not known.", b, a);
    }
    if (pair.assumed) return assumed_sentence(comparison, pair);
    const std::string amount =
        fmt::format("{:.2f} times the joules of {} per answer (95% interval {})", ratio.value, a, interval_text(ratio));
    if (!known(ratio)) {
        return fmt::format("{} took {}: {}, so no difference is shown.", b, amount,
                           no_interval_text(ratio.why, pair.prompts));
    }
    if (!excludes_one(ratio)) {
        const bool equal = equivalence(ratio, comparison.margin) == Equivalence::equal;
        return fmt::format("{} took {}: {}.", b, amount,
                           equal ? name(Equivalence::equal, comparison.margin)
                                 : "the interval includes 1, so these prompts do not show that they differ");
    }
    if (!pair.differs()) {
        return fmt::format(
            "{} took {}, but a permutation test finds as large a ratio too often by chance ({}), so these prompts do "
            "not "
            "show that they differ.",
            b, amount, p_text(pair.corrected_p_value));
    }
    if (!pair.no_phases.empty()) {
        return fmt::format(
            "{} took {}. The causes are not known: {}, so the energy of its phases cannot be told apart.", b, amount,
            pair.no_phases);
    }
    return fmt::format(
        "{} took {}. Of this, {}, {}, and {}.{}", b, amount,
        cause(pair.from_tokens, pair, "more generated tokens", "fewer generated tokens", "generated tokens"),
        cause(pair.from_joules_per_token, pair, "more joules per token", "fewer joules per token",
              "joules per token, which are not shown to differ"),
        cause(pair.from_prompts, pair, "costlier prompt processing", "cheaper prompt processing", "prompt processing"),
        length_sentence(pair, b, comparison.margin));
}

std::string effect_sentence(const Effect& effect) {
    const auto ratio = [](const ConfidenceInterval& one, double p) {
        const char* const doubt = known(one) && p > 0.05 ? ", so no difference is shown" : "";
        return fmt::format("{:.2f} times the joules (95% interval {}, {} corrected{})", one.value, interval_text(one),
                           p_text(p), doubt);
    };
    const std::string what = capitalised(effect_name(effect));
    if (!std::isfinite(effect.joules.value)) return fmt::format("{}: the effect on energy is not known.", what);
    std::string text = fmt::format("{}: an answer takes {}.", what, ratio(effect.joules, effect.joules_p_value));
    if (effect.accuracy && known(*effect.accuracy)) {
        const ConfidenceInterval& points = *effect.accuracy;
        text += fmt::format(" Right answers: {:+.0f} percentage points ({:+.0f} to {:+.0f}{}).", 100 * points.value,
                            100 * points.low, 100 * points.high,
                            effect.accuracy_p_value <= 0.05 ? "" : ", so no difference is shown");
    }
    if (!effect.joules_per_correct) return text;
    const ConfidenceInterval& per_correct = *effect.joules_per_correct;
    if (std::isfinite(per_correct.value) && per_correct.value > 0) {
        return text + fmt::format(" A right answer takes {}.", ratio(per_correct, effect.joules_per_correct_p_value));
    }
    return text + " The energy of a right answer is not known: one contender was never right.";
}

std::string effect_headline(const Effect& effect) {
    const std::string what = capitalised(effect_name(effect));
    if (!std::isfinite(effect.joules.value)) return fmt::format("{}: the effect on energy is not known", what);
    return fmt::format("{}: an answer takes {:.2f} times the joules (95% interval {}){}", what, effect.joules.value,
                       interval_text(effect.joules), shown_by(effect) ? "" : ", no difference is shown");
}

std::string headline(const Comparison& comparison) {
    if (!comparison.effects.empty()) {
        const auto found = std::ranges::find_if(comparison.effects,
                                                [](const Effect& one) { return !one.interaction() && shown_by(one); });
        return effect_headline(found == comparison.effects.end() ? comparison.effects.front() : *found);
    }
    if (!comparison.pairs.empty()) return pair_headline(comparison, main_pair(comparison));
    if (comparison.contenders.empty() || !comparison.contenders.front().joules_per_answer) return {};
    const ContenderSummary& one = comparison.contenders.front();
    return fmt::format("An answer of {} takes {}", shown(one.label), figure_text(*one.joules_per_answer));
}

std::string finding(const Comparison& comparison, const PairSummary& pair) {
    std::string text = ratio_sentence(comparison, pair);
    if (known(pair.energy_ratio)) text += capped_sentence(pair) + tokenizer_sentence(comparison, pair);
    return text + accuracy_sentence(comparison, pair);
}

std::string confounders_text(const Comparison& comparison, const PairSummary& pair) {
    const Confounders found = confounders(comparison.contenders[pair.a], comparison.contenders[pair.b]);
    std::string text = found.differs.empty()
                           ? std::string("No known property or setting differs.")
                           : fmt::format("Differences ({} / {}): {}.", shown(comparison.contenders[pair.a].label),
                                         shown(comparison.contenders[pair.b].label), differences_text(found));
    if (!found.not_known.empty()) {
        text += fmt::format(" Not known for one or both: {}.", fmt::join(found.not_known, ", "));
    }
    for (const std::string& sentence : found.limitations) text += " " + sentence;
    return text;
}

std::string basis_sentence(const Comparison& comparison) {
    const bool estimated = std::ranges::any_of(comparison.contenders, [](const ContenderSummary& one) {
        return !one.assumed && one.joules_per_answer && one.joules_per_answer->method == energy::Method::estimated;
    });
    if (!estimated) return {};
    return fmt::format(
        "No energy counter was read: these joules are estimated as busy time times this machine's power. They can rank "
        "contenders but not tell one mix of instructions from another; power varies by {:.0f}% (standard deviation) "
        "with "
        "the kind of work, which every interval includes.",
        100 * comparison.kind_of_work);
}

std::string energy_text(const Comparison& comparison, const std::string& energy_source) {
    std::string text, assumed;
    bool here = false;
    for (const ContenderSummary& one : comparison.contenders) {
        here = here || (one.joules_per_answer && !one.assumed);
        if (one.assumed)
            assumed += fmt::format(" Joules of {} are {}.", shown(one.label),
                                   one.details.energy.empty() ? "assumed" : one.details.energy);
    }
    if (here || assumed.empty()) text = energy_source;
    return text + assumed;
}

std::string sessions_sentence(const Comparison& comparison) {
    return comparison.sessions > 1
               ? fmt::format(
                     "{} sessions: models were reloaded and threads restarted for each; the intervals include how much "
                     "sessions differ.",
                     comparison.sessions)
               : "One session: the intervals do not include how much sessions differ (--sessions).";
}

std::string reasoning_sentence(const Comparison& comparison) {
    std::vector<std::string> thinkers;
    std::vector<std::string> others;
    for (const ContenderSummary& contender : comparison.contenders) {
        if (contender.answers == 0) continue;
        (contender.reasons ? thinkers : others).push_back(shown(contender.label));
    }
    if (thinkers.empty() && others.empty()) return {};
    if (thinkers.empty()) {
        const char* who = others.size() == 1   ? "This model does not reason"
                          : others.size() == 2 ? "Neither of these models reasons"
                                               : "None of these models reasons";
        return fmt::format(
            "{}: no answer contains thinking tokens or think markers, so this says nothing about reasoning models.",
            who);
    }
    const std::string thinking =
        fmt::format("{} {} before answering", fmt::join(thinkers, ", "), thinkers.size() == 1 ? "reasons" : "reason");
    if (others.empty()) return thinking + ".";
    return fmt::format("{}; {} {} not.", thinking, fmt::join(others, ", "), others.size() == 1 ? "does" : "do");
}

}  // namespace ergon::lab
