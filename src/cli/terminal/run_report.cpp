#include "cli/terminal/run_report.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <vector>

#include "base/output.h"
#include "base/strings/format_number.h"

namespace ergon::cli {
namespace {

using base::Phase;
using energy::Figure;
using engine::Answer;

struct PhaseWords {
    Phase phase;
    const char* name;  // in JSON
    const char* done;  // in the line
};
constexpr PhaseWords phases[] = {
    {Phase::prompt, "prompt", "read"}, {Phase::thinking, "thinking", "thought"}, {Phase::answer, "answer", "answered"}};

/// Tokens of a phase per second of its steps. A prompt's step reads many tokens, a later step makes one.
std::optional<double> speed(const engine::PhaseUse& use, Phase phase) {
    const std::int64_t made = phase == Phase::prompt ? use.tokens : use.steps;
    if (made == 0 || use.time <= base::Seconds(0)) return std::nullopt;
    return static_cast<double>(made) / use.time.value();
}

std::optional<double> generation_speed(const Answer& answer) {
    engine::PhaseUse sum;
    for (const Phase phase : {Phase::thinking, Phase::answer}) {
        sum.steps += answer[phase].steps;
        sum.time += answer[phase].time;
    }
    return speed(sum, Phase::answer);
}

const Figure& figure_of(const Answer& answer, Phase phase) {
    return (*answer.energy)[phase].total;
}

std::string joules_text(const Figure& joules) {
    return fmt::format("{} J{}, between {} and {}, {}", short_number(joules.value.value()),
                       base::watt_hours_note(joules.value), short_number(joules.low.value()),
                       short_number(joules.high.value()), energy::name(joules.method));
}

std::string seconds_text(base::Seconds time) {
    return time < base::Seconds(60) ? short_number(time.value()) + " s" : base::duration_text(time);
}

base::Json or_null(std::optional<double> value) {
    return value ? base::Json(*value) : base::Json();
}

}  // namespace

std::string short_number(double value) {
    const double size = std::abs(value);
    const int digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4;
    return fmt::format("{:.{}f}", value, digits);
}

std::optional<Figure> joules_per_token(const Answer& answer) {
    const std::int64_t generated = answer[Phase::thinking].tokens + answer[Phase::answer].tokens;
    if (!answer.energy || !answer.by_phase || generated == 0) return std::nullopt;
    return (figure_of(answer, Phase::thinking) + figure_of(answer, Phase::answer)) / static_cast<double>(generated);
}

std::string usage_line(const Answer& answer) {
    const bool by_phase = answer.energy && answer.by_phase;
    // The method is said once if all figures have the same one.
    bool uniform = true;
    for (const PhaseWords& words : phases) {
        uniform =
            uniform && by_phase &&
            (answer[words.phase].tokens == 0 || figure_of(answer, words.phase).method == answer.energy->total.method);
    }
    std::vector<std::string> parts;
    for (const auto& [phase, name, done] : phases) {
        const engine::PhaseUse& use = answer[phase];
        if (use.tokens == 0) continue;
        std::vector<std::string> details;
        if (const auto rate = speed(use, phase)) details.push_back(short_number(*rate) + " tokens/s");
        if (by_phase) {
            const Figure& figure = figure_of(answer, phase);
            details.push_back(fmt::format("{} J [{}, {}]", short_number(figure.value.value()),
                                          short_number(figure.low.value()), short_number(figure.high.value())));
            if (!uniform) details.back() += fmt::format(" {}", energy::name(figure.method));
        }
        parts.push_back(fmt::format("{} {}{}", use.tokens, parts.empty() ? fmt::format("tokens {}", done) : done,
                                    details.empty() ? "" : fmt::format(" ({})", fmt::join(details, ", "))));
    }
    if (parts.empty()) parts.emplace_back("answered");  // by a server that counts no tokens
    return fmt::format("{}{}{}", fmt::join(parts, ", "),
                       answer.by_phase ? "" : " in " + seconds_text(answer[Phase::answer].time),
                       answer.energy ? "; " + joules_text(answer.energy->total) : "");
}

std::string cut_note(const Answer& answer, const AnswerCaps& caps) {
    std::vector<std::string> notes;
    if (answer.thinking_cut && caps.max_thinking)
        notes.push_back(fmt::format("thought cut at --max-think {}", *caps.max_thinking));
    const char* const within = answer.text.empty() && !answer.thinking.empty() ? ", before the answer began" : "";
    switch (answer.stop) {
        case engine::StopReason::max_tokens:
            notes.push_back(fmt::format(
                "cut at {}{}", caps.max_tokens ? fmt::format("--max-tokens {}", *caps.max_tokens) : "a limit of tokens",
                within));
            break;
        case engine::StopReason::context_full:
            notes.push_back(fmt::format("cut because the context of {} tokens is full{}", caps.context, within));
            break;
        case engine::StopReason::cancelled: notes.emplace_back("stopped"); break;
        case engine::StopReason::end_token:
        case engine::StopReason::stop_string: break;
    }
    return fmt::format("{}", fmt::join(notes, "; "));
}

void print_usage(const Answer& answer, const AnswerCaps& caps, const CostOptions& cost) {
    const std::string note = cut_note(answer, caps);
    base::tell("{}{}{}", usage_line(answer), note.empty() ? "" : "; ", note);
    if (cost.any() && answer.energy) base::tell("{}", cost.text(answer.energy->total));
}

void ChatTotal::add(const Answer& answer) {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
        tokens_[i] += answer.use[i].tokens;
        time_ += answer.use[i].time;
    }
    if (answers_ == 0) {
        if (answer.energy) energy_ = answer.energy->total;
    } else if (energy_ && answer.energy) {
        *energy_ += answer.energy->total;
    } else {
        energy_.reset();
    }
    ++answers_;
}

std::string ChatTotal::text() const {
    std::vector<std::string> parts;
    for (const auto& [phase, name, done] : phases) {
        const std::int64_t tokens = tokens_[static_cast<std::size_t>(phase)];
        if (tokens > 0) parts.push_back(fmt::format("{} {}{}", tokens, parts.empty() ? "tokens " : "", done));
    }
    return fmt::format("Total of {} {} in {}{}{}{}", answers_, answers_ == 1 ? "answer" : "answers",
                       seconds_text(time_), parts.empty() ? "" : ": ", fmt::join(parts, ", "),
                       energy_ ? "; " + joules_text(*energy_) : "");
}

base::Json answer_json(const Answer& answer) {
    base::Json json{{"thinking", answer.thinking}, {"answer", answer.text}, {"stop", engine::name(answer.stop)}};
    base::Seconds time{};
    for (const auto& [phase, name, done] : phases) {
        json["tokens"][name] = answer[phase].tokens;
        json["seconds"][name] = answer.by_phase ? base::Json(answer[phase].time.value()) : base::Json();
        time += answer[phase].time;
    }
    json["seconds"]["total"] = time.value();
    json["tokens"]["reused"] = answer.reused;
    json["tokens_per_second"] = {{"prompt", or_null(speed(answer[Phase::prompt], Phase::prompt))},
                                 {"generated", or_null(generation_speed(answer))}};
    if (answer.energy) json["energy"] = energy_json(*answer.energy);
    if (answer.energy && !answer.by_phase) {
        for (const auto& [phase, name, done] : phases) json["energy"].erase(name);
    }
    const auto per_token = joules_per_token(answer);
    json["joules_per_token"] = per_token ? base::Json(*per_token) : base::Json();
    return json;
}

}  // namespace ergon::cli
