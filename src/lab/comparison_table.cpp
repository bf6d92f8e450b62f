#include "lab/comparison_table.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <string_view>

#include "lab/wrapped.h"

namespace ergon::lab {
namespace {

using energy::Figure;
using energy::kept_phase_count;
using nlohmann::ordered_json;

constexpr std::size_t label_width_in_text = 40;

/// A label for a terminal: no control characters, at most `width` characters, the middle left out where it is longer.
std::string shown(const std::string& label, std::size_t width) {
    std::vector<std::string> characters;
    for (const char byte : label) {
        const auto code = static_cast<unsigned char>(byte);
        const bool continues = (code & 0xC0) == 0x80;
        if (continues && !characters.empty()) {
            characters.back() += byte;
        } else {
            characters.emplace_back(1, code < 0x20 || code == 0x7F || continues ? '?' : byte);
        }
    }
    const std::size_t half = width / 2;
    if (characters.size() > width) {
        characters.erase(characters.begin() + static_cast<std::ptrdiff_t>(half - 1),
                         characters.end() - static_cast<std::ptrdiff_t>(half));
        characters.insert(characters.begin() + static_cast<std::ptrdiff_t>(half - 1), "…");
    }
    return fmt::format("{}", fmt::join(characters, ""));
}

/// About three significant digits of a number near 1 to 1000.
std::string digits(double value) {
    if (!std::isfinite(value)) return "?";
    const double size = std::abs(value);
    return fmt::format("{:.{}f}", value, size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

/// A count in at most eight characters.
std::string count(std::int64_t amount) {
    return amount < 100'000'000 ? std::to_string(amount) : fmt::format("{:.0f}M", static_cast<double>(amount) * 1e-6);
}

/// "26.8 kJ (13.4-53.6)": one prefix for the value and its interval; with the method's first letter where methods
/// differ.
std::string figure_cell(const std::optional<Figure>& figure, bool with_method) {
    if (!figure) return "-";
    struct Prefix {
        double scale;
        const char* unit;
    };
    constexpr std::array<Prefix, 5> prefixes{{{1e-6, "MJ"}, {1e-3, "kJ"}, {1, "J"}, {1e3, "mJ"}, {1e6, "uJ"}}};
    const double value = figure->value.value();
    const auto fits = [&](const Prefix& prefix) {
        return value * prefix.scale >= (prefix.scale == 1 ? 0.0995 : 0.9995);
    };
    const auto found = std::find_if(prefixes.begin(), prefixes.end(), fits);
    const Prefix prefix = value <= 0 ? prefixes[2] : found == prefixes.end() ? prefixes.back() : *found;
    return fmt::format("{} {}{} ({}-{})", digits(value * prefix.scale), prefix.unit,
                       with_method ? fmt::format(" {}", name(figure->method)[0]) : "",
                       digits(figure->low.value() * prefix.scale), digits(figure->high.value() * prefix.scale));
}

std::string without_trailing_spaces(std::string_view text) {
    std::string trimmed;
    for (const char byte : text) {
        if (byte == '\n') trimmed.resize(trimmed.find_last_not_of(' ') + 1);
        trimmed += byte;
    }
    return trimmed;
}

bool known(const Estimate& estimate) {
    return std::isfinite(estimate.value) && std::isfinite(estimate.low) && std::isfinite(estimate.high);
}

bool differs(const Estimate& ratio) {
    return known(ratio) && (ratio.low > 1 || ratio.high < 1);
}

std::string interval_text(const Estimate& estimate) {
    return known(estimate) ? fmt::format("{:.2f} to {:.2f}", estimate.low, estimate.high) : std::string("not known");
}

/// The part of ln(energy ratio) that a factor is, if a part can be named: the ratio is known to differ from 1.
std::optional<double> share(const Estimate& factor, const PairSummary& pair) {
    if (!differs(pair.energy_ratio)) return std::nullopt;
    return std::log(factor.value) / std::log(pair.energy_ratio.value);
}

std::string share_text(const Estimate& factor, const PairSummary& pair) {
    const auto part = share(factor, pair);
    return part ? fmt::format("{:.0f}%", 100 * *part) : std::string();
}

std::string pair_line(std::string_view what, const Estimate& ratio, const std::string& part) {
    const std::string value = std::isfinite(ratio.value) ? fmt::format("{:.2f}", ratio.value) : "-";
    return fmt::format("  {:<34}{:>8}   {:<16} {:>6}\n", what, value, interval_text(ratio), part);
}

std::string pair_block(const Comparison& comparison, const PairSummary& pair) {
    const std::string a = shown(comparison.contenders[pair.a].label, label_width_in_text);
    const std::string b = shown(comparison.contenders[pair.b].label, label_width_in_text);
    std::string text = fmt::format("{} over {}\n", b, a);
    text += fmt::format("  {:<34}{:>8}   {:<16} {:>6}\n",
                        fmt::format("on {} prompt{}", pair.prompts, pair.prompts == 1 ? "" : "s"), "ratio",
                        "95% interval", "part");
    text += pair_line("joules per answer", pair.energy_ratio, "");
    text += pair_line("  from generated tokens", pair.from_tokens, share_text(pair.from_tokens, pair));
    text +=
        pair_line("  from joules per token", pair.from_joules_per_token, share_text(pair.from_joules_per_token, pair));
    text += pair_line("  from reading the prompts", pair.from_prompts, share_text(pair.from_prompts, pair));
    text += pair_line("generated tokens", pair.tokens_ratio, "");
    text += pair_line("joules per generated token", pair.joules_per_token_ratio, "");
    return text;
}

/// The one method of all cells; nothing if they differ.
std::optional<energy::Method> uniform_method(const Comparison& comparison) {
    std::optional<energy::Method> method;
    for (const ContenderSummary& contender : comparison.contenders) {
        for (const auto& figure : {contender.joules_per_token, contender.joules_per_answer}) {
            if (!figure) continue;
            if (method && *method != figure->method) return std::nullopt;
            method = figure->method;
        }
    }
    return method;
}

/// 100 columns: what the letter of the method needs is taken from the labels.
std::string contender_lines(const Comparison& comparison, bool with_method) {
    const int figure_width = with_method ? 21 : 19;
    const int label_width = table_width - 34 - 2 * (1 + figure_width);
    const auto row = [&](const std::string& label, const std::string& answers,
                         const std::array<std::string, kept_phase_count>& tokens, const std::string& per_token,
                         const std::string& per_answer) {
        return fmt::format("{:<{}} {:>7} {:>8} {:>8} {:>8} {:>{}} {:>{}}\n", label, label_width - 1, answers, tokens[0],
                           tokens[1], tokens[2], per_token, figure_width, per_answer, figure_width);
    };
    std::string text = row("", "", {"prompt", "thinking", "answer"}, "", "");
    text += row("contender", "answers", {"tokens", "tokens", "tokens"}, "joules per token", "joules per answer");
    for (const ContenderSummary& contender : comparison.contenders) {
        text += row(shown(contender.label, static_cast<std::size_t>(label_width - 1)), count(contender.answers),
                    {count(contender.tokens[0]), count(contender.tokens[1]), count(contender.tokens[2])},
                    figure_cell(contender.joules_per_token, with_method),
                    figure_cell(contender.joules_per_answer, with_method));
    }
    return text;
}

/// Where an answer's joules go, phase by phase; a phase that nobody has is left out.
std::string phase_lines(const Comparison& comparison, bool with_method) {
    std::string text;
    for (std::size_t i = 0; i < kept_phase_count; ++i) {
        const bool used = std::ranges::any_of(comparison.contenders, [&](const ContenderSummary& one) {
            return one.phase_joules[i].value > base::Joules(0);
        });
        if (!used) continue;
        constexpr std::array<const char*, kept_phase_count> doing{"reading the prompt", "thinking", "answering"};
        text += fmt::format("joules per answer, {}:\n", doing[i]);
        for (const ContenderSummary& one : comparison.contenders) {
            if (one.answers == 0) continue;
            text += fmt::format("  {:<{}} {}\n", shown(one.label, label_width_in_text), label_width_in_text,
                                figure_cell(one.phase_joules[i] / static_cast<double>(one.answers), with_method));
        }
    }
    return text;
}

ordered_json estimate_json(const Estimate& estimate) {
    return {{"value", estimate.value}, {"low", estimate.low}, {"high", estimate.high}};
}

ordered_json contender_json(const ContenderSummary& contender) {
    ordered_json tokens, joules;
    for (std::size_t i = 0; i < kept_phase_count; ++i) {
        tokens[std::string(energy::phase_names[i])] = contender.tokens[i];
        joules[std::string(energy::phase_names[i])] = contender.phase_joules[i];
    }
    const auto figure = [](const std::optional<Figure>& one) { return one ? ordered_json(*one) : ordered_json(); };
    return {{"label", contender.label},
            {"answers", contender.answers},
            {"capped", contender.capped},
            {"reasons", contender.reasons},
            {"tokens", tokens},
            {"joules", contender.joules},
            {"joules_by_phase", joules},
            {"joules_per_token", figure(contender.joules_per_token)},
            {"joules_per_answer", figure(contender.joules_per_answer)}};
}

ordered_json pair_json(const Comparison& comparison, const PairSummary& pair) {
    ordered_json decomposition = ordered_json::array();
    constexpr std::array<const char*, 2> factors{"tokens", "joules_per_token"};
    const double whole = std::log(pair.energy_ratio.value);
    for (std::size_t i = 0; i < kept_phase_count; ++i) {
        for (std::size_t k = 0; k < factors.size(); ++k) {
            const Estimate& term = pair.terms[i][k];
            decomposition.push_back({{"phase", std::string(energy::phase_names[i])},
                                     {"factor", factors[k]},
                                     {"log", estimate_json(term)},
                                     {"share", term.value / whole}});
        }
    }
    return {{"a", comparison.contenders[pair.a].label},
            {"b", comparison.contenders[pair.b].label},
            {"prompts", pair.prompts},
            {"energy_ratio", estimate_json(pair.energy_ratio)},
            {"tokens_ratio", estimate_json(pair.tokens_ratio)},
            {"joules_per_token_ratio", estimate_json(pair.joules_per_token_ratio)},
            {"from_tokens", estimate_json(pair.from_tokens)},
            {"from_joules_per_token", estimate_json(pair.from_joules_per_token)},
            {"from_prompts", estimate_json(pair.from_prompts)},
            {"decomposition", decomposition},
            {"finding", finding(comparison, pair)}};
}

/// "a factor of 1.80 (94%) from more generated tokens"
std::string cause(const Estimate& factor, const PairSummary& pair, std::string_view more, std::string_view fewer,
                  std::string_view same) {
    const std::string_view what = factor.value >= 1.005 ? more : factor.value <= 0.995 ? fewer : same;
    return fmt::format("a factor of {:.2f} ({}) comes from {}", factor.value, share_text(factor, pair), what);
}

/// What the published quarrel turned on, said only where the intervals say it.
std::string length_sentence(const PairSummary& pair, const std::string& b) {
    const bool only_tokens =
        differs(pair.tokens_ratio) && known(pair.joules_per_token_ratio) && !differs(pair.joules_per_token_ratio);
    const bool longer = pair.tokens_ratio.value > 1;
    if (!only_tokens || longer != (pair.energy_ratio.value > 1)) return {};
    return fmt::format(" Per token no difference is shown: {} takes {:.0f}% {} energy because its answers are {}.", b,
                       100 * std::abs(pair.energy_ratio.value - 1), longer ? "more" : "less",
                       longer ? "longer" : "shorter");
}

}  // namespace

std::string finding(const Comparison& comparison, const PairSummary& pair) {
    const std::string a = shown(comparison.contenders[pair.a].label, label_width_in_text);
    const std::string b = shown(comparison.contenders[pair.b].label, label_width_in_text);
    const Estimate& ratio = pair.energy_ratio;
    if (!std::isfinite(ratio.value))
        return fmt::format("Nothing can be said of {} and {}: one of them has no joules.", b, a);

    const std::string amount =
        fmt::format("{:.2f} times the joules of {} per answer (95% interval {})", ratio.value, a, interval_text(ratio));
    if (!known(ratio))
        return fmt::format("{} took {}: too few prompts for an interval, so nothing is shown.", b, amount);
    if (!differs(ratio)) {
        return fmt::format("{} took {}: the interval includes 1, so these prompts do not show that they differ.", b,
                           amount);
    }
    return fmt::format(
        "{} took {}. Of this, {}, {}, and {}.{}", b, amount,
        cause(pair.from_tokens, pair, "more generated tokens", "fewer generated tokens", "as many generated tokens"),
        cause(pair.from_joules_per_token, pair, "more joules per token", "fewer joules per token",
              "equal joules per token"),
        cause(pair.from_prompts, pair, "dearer reading of the prompts", "cheaper reading of the prompts",
              "reading the prompts"),
        length_sentence(pair, b));
}

std::string reasoning_sentence(const Comparison& comparison) {
    std::vector<std::string> thinkers;
    std::vector<std::string> others;
    for (const ContenderSummary& contender : comparison.contenders) {
        if (contender.answers == 0) continue;
        (contender.reasons ? thinkers : others).push_back(shown(contender.label, label_width_in_text));
    }
    if (thinkers.empty() && others.empty()) return {};
    if (thinkers.empty()) {
        const char* who = others.size() == 1   ? "This model does not reason"
                          : others.size() == 2 ? "Neither of these models reasons"
                                               : "None of these models reasons";
        return fmt::format(
            "{}: no answer holds a thinking token or a think marker, so this says nothing about reasoning models.",
            who);
    }
    const std::string thinking =
        fmt::format("{} {} before answering", fmt::join(thinkers, ", "), thinkers.size() == 1 ? "reasons" : "reason");
    if (others.empty()) return thinking + ".";
    return fmt::format("{}; {} {} not.", thinking, fmt::join(others, ", "), others.size() == 1 ? "does" : "do");
}

std::string comparison_table(const Comparison& comparison, const std::string& energy_source) {
    const auto method = uniform_method(comparison);
    std::string text = contender_lines(comparison, !method);
    text += '\n';
    text += phase_lines(comparison, !method);
    text += '\n';
    text += wrapped(
        method ? fmt::format("All joules are {}, with 95% intervals. {}", name(*method), energy_source)
               : fmt::format("Joules with 95% intervals: m measured, a apportioned, e estimated. {}", energy_source));
    for (const ContenderSummary& contender : comparison.contenders) {
        if (contender.capped == 0) continue;
        text += wrapped(fmt::format("{}: {} of {} answers were cut off by a token limit.",
                                    shown(contender.label, label_width_in_text), contender.capped, contender.answers));
    }
    for (const PairSummary& pair : comparison.pairs) {
        text += '\n' + pair_block(comparison, pair) + '\n' + wrapped(finding(comparison, pair));
    }
    if (const std::string reasoning = reasoning_sentence(comparison); !reasoning.empty()) text += wrapped(reasoning);
    return without_trailing_spaces(text);
}

ordered_json comparison_json(const Comparison& comparison, const RunDescription& run) {
    ordered_json contenders = ordered_json::array();
    for (const ContenderSummary& contender : comparison.contenders) contenders.push_back(contender_json(contender));
    ordered_json pairs = ordered_json::array();
    for (const PairSummary& pair : comparison.pairs) pairs.push_back(pair_json(comparison, pair));
    return {{"contenders", contenders}, {"pairs", pairs},           {"reasoning", reasoning_sentence(comparison)},
            {"protocol", run.protocol}, {"settings", run.settings}, {"seed", run.seed},
            {"machine", run.machine},   {"version", run.version}};
}

}  // namespace ergon::lab
