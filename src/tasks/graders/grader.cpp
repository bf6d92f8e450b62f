#include "tasks/graders/grader.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/strings/text.h"
#include "tasks/graders/answer_text.h"
#include "tasks/graders/choice_letter.h"
#include "tasks/graders/final_number.h"
#include "tasks/graders/maths/numbers.h"
#include "tasks/graders/maths/value.h"
#include "tasks/graders/pattern.h"
#include "tasks/puzzles/countdown.h"

namespace ergon::tasks {
namespace {

using base::ErrorCode;

/// Whether `right(text)` holds for one of the right answers.
template <typename Right>
bool any_right(const Prompt& prompt, const Right& right) {
    return (!prompt.answer.empty() && right(prompt.answer)) || std::ranges::any_of(prompt.accepted, right);
}

bool grade_exact(const Prompt& prompt, std::string_view text) {
    const Stated stated = stated_in(text);
    return any_right(prompt, [&](const std::string& right) {
        return stated.any([wanted = folded(right)](const std::string& one) { return one == wanted; });
    });
}

bool grade_match(const Prompt& prompt, std::string_view text) {
    Stated stated = stated_in(text);
    if (stated.conclusion) stated.whole.clear();  // whose beginning it may contradict
    return any_right(prompt, [&](const std::string& right) {
        return stated.any([wanted = folded(right)](const std::string& one) {
            return begins_with_words(one, wanted) || one == wanted;
        });
    });
}

bool grade_includes(const Prompt& prompt, std::string_view text) {
    const std::string plain = folded(text);
    return any_right(prompt, [&](const std::string& right) { return holds_words(plain, folded(right)); });
}

/// 25% is 25 to whoever asked for percent, and 0.25 to whoever asked for a part.
bool same_part(const maths::Number& right, const maths::Number& found, std::optional<double> tolerance) {
    const auto same = [&](const maths::Number& a, const maths::Number& b) {
        return maths::same_number(a.value, a.decimals, b.value, b.decimals, tolerance);
    };
    const auto part = [](maths::Number one) {
        if (!one.percent) return one;
        one.value = one.value / maths::Rational(100);
        if (one.decimals > 0) one.decimals += 2;
        return one;
    };
    return same(right, found) || (right.percent != found.percent && same(part(right), part(found)));
}

bool grade_number(const Prompt& prompt, std::string_view text) {
    const auto found = final_number(text);
    return any_right(prompt, [&](const std::string& right) {
        const auto number = maths::whole_number_of(right);
        if (!number)
            base::fail(ErrorCode::bad_argument, "\"{}\" is not a number; expected one for the grader number.", right);
        return found && same_part(*number, *found, prompt.tolerance);
    });
}

bool grade_choice(const Prompt& prompt, std::string_view text) {
    const auto is_letter = [&](const std::string& right) {
        return right.size() == 1 && right[0] >= 'A' && static_cast<std::size_t>(right[0] - 'A') < prompt.choices.size();
    };
    if (prompt.choices.size() < 2 || prompt.choices.size() > max_choices || !is_letter(prompt.answer)) {
        base::fail(ErrorCode::bad_argument,
                   "The right choice \"{}\" is not a letter of {} choices (2 to {} are possible).", prompt.answer,
                   prompt.choices.size(), max_choices);
    }
    return chosen_letter(text, prompt.choices) == prompt.answer[0];
}

bool grade_boxed(const Prompt& prompt, std::string_view text) {
    static const Pattern formula(R"((?|\$([^$\n]+)\$|\\\(((?:(?!\\\().)+?)\\\)|\\\[((?:(?!\\\[).)+?)\\\]))");
    const std::string_view end = ending(text);
    std::vector<std::string_view> stated;
    if (const auto boxed = last_boxed(end)) {
        stated.push_back(*boxed);
    } else {
        const std::string_view line = first_line(conclusion(end).value_or(end));
        stated.push_back(line);
        if (const auto formulas = formula.all(line); !formulas.empty()) stated.push_back(formulas.back().group);
    }
    return any_right(prompt, [&](const std::string& right) {
        return std::ranges::any_of(
            stated, [&](std::string_view one) { return maths::same_maths(right, one, prompt.tolerance); });
    });
}

/// Words and numbers in lower case, without the numbers before the lines of a list and without "and".
std::vector<std::string> items_of(std::string_view text) {
    static const Pattern item(R"(^[ \t]*\d{1,3}[.)][ \t]|(-?\d+(?:\.\d+)?(?![\w])|[\w'’]+))");
    std::vector<std::string> items;
    for (const Pattern::Match& match : item.all(text)) {
        const bool mark = match.group.ends_with(' ') || match.group.ends_with('\t');
        std::string word = base::lowered(match.group);
        if (!mark && word != "and") items.push_back(std::move(word));
    }
    return items;
}

bool grade_list(const Prompt& prompt, std::string_view text) {
    const std::vector<std::string> found = items_of(ending(text));
    return any_right(prompt, [&](const std::string& right) {
        const std::vector<std::string> wanted = items_of(right);
        std::vector<std::string> sorted = wanted;
        std::ranges::sort(sorted);
        for (std::size_t end = found.size(); end >= wanted.size() && !wanted.empty(); --end) {
            const auto first = found.begin() + static_cast<std::ptrdiff_t>(end - wanted.size());
            std::vector<std::string> window(first, first + static_cast<std::ptrdiff_t>(wanted.size()));
            if (window == wanted) return true;
            std::ranges::sort(window);
            if (window == sorted) return false;
        }
        return false;
    });
}

constexpr auto names = std::to_array<std::pair<std::string_view, Grader>>({
    {"none", Grader::none},
    {"exact", Grader::exact},
    {"match", Grader::match},
    {"includes", Grader::includes},
    {"number", Grader::number},
    {"choice", Grader::choice},
    {"regex", Grader::regex},
    {"boxed", Grader::boxed},
    {"list", Grader::list},
    {"countdown", Grader::countdown},
});

}  // namespace

std::optional<bool> grade(const Prompt& prompt, std::string_view answer_text) {
    const bool has_answer = !prompt.answer.empty() || !prompt.accepted.empty();
    if (prompt.grader == Grader::regex) {
        if (prompt.pattern.empty()) return std::nullopt;
        return Pattern(prompt.pattern, "The prompt's pattern").find(ending(answer_text)).has_value();
    }
    if (prompt.grader == Grader::countdown) {
        if (prompt.numbers.empty()) return std::nullopt;
        return solves_countdown(answer_text, prompt.numbers, prompt.target);
    }
    if (!has_answer) return std::nullopt;
    switch (prompt.grader) {
        case Grader::exact: return grade_exact(prompt, answer_text);
        case Grader::match: return grade_match(prompt, answer_text);
        case Grader::includes: return grade_includes(prompt, answer_text);
        case Grader::number: return grade_number(prompt, answer_text);
        case Grader::choice: return grade_choice(prompt, answer_text);
        case Grader::boxed: return grade_boxed(prompt, answer_text);
        case Grader::list: return grade_list(prompt, answer_text);
        default: return std::nullopt;
    }
}

std::optional<Grader> grader_named(std::string_view name) {
    const auto* found = std::ranges::find(names, name, &std::pair<std::string_view, Grader>::first);
    return found == names.end() ? std::nullopt : std::optional(found->second);
}

std::string_view name_of(Grader grader) {
    return std::ranges::find(names, grader, &std::pair<std::string_view, Grader>::second)->first;
}

}  // namespace ergon::tasks
