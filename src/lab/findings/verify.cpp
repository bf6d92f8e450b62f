#include "lab/findings/verify.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <optional>

#include "base/strings/wrapped.h"
#include "lab/figure_text.h"
#include "lab/store/run_summary.h"

namespace ergon::lab {
namespace {

constexpr std::size_t max_named = 5;

/// The same contender's place in the other run, if its answers must be equal there.
std::optional<std::int64_t> counterpart(const Contender& contender, const std::vector<Contender>& others,
                                        Agreement& agreement) {
    const auto found = std::ranges::find(others, contender.label, &Contender::label);
    const auto excuse = [&](const char* why) {
        agreement.not_comparable.push_back(fmt::format("{}: {}", shown(contender.label), why));
        return std::nullopt;
    };
    if (found == others.end()) return excuse("the other run has no contender of that name");
    const ContenderDetails here = contender_details(contender.details), there = contender_details(found->details);
    if (here.kind != ContenderKind::in_process) return excuse("a server's answers need not repeat");
    if (found->hash != contender.hash) return excuse("its files are not those of the other run");
    if (!asked_alike(here, there)) return excuse("its settings differ");
    return found - others.begin();
}

bool same(const Answer& a, const Answer& b) {
    const auto tokens = [](const PhaseResult& x, const PhaseResult& y) { return x.tokens == y.tokens; };
    return a.text == b.text && a.thinking == b.thinking && a.finish_reason == b.finish_reason &&
           std::ranges::equal(a.phases, b.phases, tokens);
}

void compare_answers(Results& here, RunId run_here, Results& there, RunId run_there, Agreement& agreement) {
    const std::vector<Contender> ours = here.contenders(run_here), theirs = there.contenders(run_there);
    std::vector<std::optional<std::int64_t>> places;
    for (const Contender& contender : ours) places.push_back(counterpart(contender, theirs, agreement));
    here.for_each(run_here, [&](const Answer& answer) {
        const auto who = static_cast<std::size_t>(answer.contender);
        if (!places[who]) return;
        const auto other = there.find(run_there, *places[who], answer.prompt, answer.repeat);
        if (!other) return;
        ++agreement.compared;
        if (same(answer, *other)) {
            ++agreement.equal;
        } else if (agreement.differing.size() < max_named) {
            agreement.differing.push_back(
                fmt::format("{} on \"{}\", repeat {}", shown(ours[who].label), answer.prompt, answer.repeat + 1));
        }
    });
}

/// Whether the difference of two ratios may be 0.
bool agree(const ConfidenceInterval& x, const ConfidenceInterval& y) {
    const ConfidenceInterval &less = x.value < y.value ? x : y, &more = x.value < y.value ? y : x;
    const double difference = std::log(more.value / less.value);
    constexpr double rounding = 1e-9;
    return difference <= std::hypot(std::log(less.high / less.value), std::log(more.value / more.low)) + rounding;
}

void compare_ratios(const Comparison& here, const Comparison& there, Agreement& agreement) {
    const bool repeated = agreement.compared > 0 && agreement.equal == agreement.compared;
    const auto labels = [](const Comparison& comparison, const PairSummary& pair) {
        return std::pair{comparison.contenders[pair.a].label, comparison.contenders[pair.b].label};
    };
    for (const PairSummary& pair : here.pairs) {
        const auto found = std::ranges::find_if(
            there.pairs, [&](const PairSummary& other) { return labels(there, other) == labels(here, pair); });
        if (found == there.pairs.end()) continue;
        const auto add = [&](const char* what, ConfidenceInterval RatioSummary::*of_such,
                             ConfidenceInterval RatioSummary::*of_these) {
            const auto ratio = repeated ? of_these : of_such;
            const ConfidenceInterval &x = pair.*ratio, &y = (*found).*ratio;
            if (!known(x) || !known(y)) return;
            agreement.ratios.push_back(
                {fmt::format("{} over {}, {}", shown(labels(here, pair).second), shown(labels(here, pair).first), what),
                 x, y, agree(x, y)});
        };
        add("joules", &RatioSummary::energy_ratio, &RatioSummary::energy_ratio_of_these);
        add("tokens", &RatioSummary::tokens_ratio, &RatioSummary::tokens_ratio_of_these);
        add("joules per token", &RatioSummary::joules_per_token_ratio, &RatioSummary::joules_per_token_ratio_of_these);
    }
}

/// Here and there with one prefix, since they are compared.
std::string joules_lines(const Comparison& here, const Comparison& there) {
    ShownFigures all = figure_column(here.contenders, &ContenderSummary::joules_per_answer);
    const ShownFigures others = figure_column(there.contenders, &ContenderSummary::joules_per_answer);
    all.insert(all.end(), others.begin(), others.end());
    const base::Scale scale = scale_of(all);
    std::string text;
    for (const ContenderSummary& one : here.contenders) {
        const auto other = std::ranges::find(there.contenders, one.label, &ContenderSummary::label);
        text += fmt::format("  {:<40} {:<28} {}\n", shown(one.label), figure_cell(one.joules_per_answer, true, scale),
                            other == there.contenders.end() ? "-" : figure_cell(other->joules_per_answer, true, scale));
    }
    return text;
}

}  // namespace

bool Agreement::agrees() const {
    return equal == compared && compared + std::ssize(ratios) > 0 &&
           std::ranges::all_of(ratios, [](const RatioAgreement& one) { return one.agrees; });
}

Agreement compare_runs(Results& here, RunId run_here, Results& there, RunId run_there) {
    Agreement agreement;
    compare_answers(here, run_here, there, run_there, agreement);
    compare_ratios(load_run(here, run_here).report.comparison, load_run(there, run_there).report.comparison, agreement);
    return agreement;
}

std::string agreement_text(const Agreement& agreement, const Comparison& here, const Comparison& there) {
    std::string text;
    if (agreement.compared > 0) {
        text += base::wrapped(fmt::format("{} of {} answers are equal to the bit: text, thought and numbers of tokens.",
                                          agreement.equal, agreement.compared));
        for (const std::string& one : agreement.differing) text += fmt::format("  differs: {}\n", one);
    } else {
        text += "No answers could be compared.\n";
    }
    for (const std::string& one : agreement.not_comparable) text += base::wrapped("Not compared: " + one + ".");
    for (const RatioAgreement& one : agreement.ratios) {
        text += fmt::format("  {}:\n    {:.2f} ({}) here and {:.2f} ({}) there: {}\n", one.what, one.here.value,
                            interval_text(one.here), one.there.value, interval_text(one.there),
                            one.agrees ? "agree" : "do not agree");
    }
    text += "Joules per answer here and there (machines differ; not judged):\n";
    text += joules_lines(here, there);
    text += agreement.agrees() ? "The two runs agree.\n" : "The two runs do not agree.\n";
    return text;
}

}  // namespace ergon::lab
