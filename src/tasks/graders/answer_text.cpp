#include "tasks/graders/answer_text.h"

#include <algorithm>
#include <array>

#include "base/strings/text.h"
#include "tasks/graders/maths/token.h"
#include "tasks/graders/pattern.h"

namespace ergon::tasks {
namespace {

constexpr std::array<std::string_view, 11> marks_of_several_bytes{"“", "”",  "‘",  "’",      "«", "»",
                                                                  "…", "。", "，", "\u00A0", "–"};
constexpr std::string_view marks_before = " .,;:!?\"'`*_#()[]{}<>$";
constexpr std::string_view marks_behind = " .,;:!?\"'`*_()[]{}<>$";  // not the # of "C#"

std::string_view without_marks(std::string_view text) {
    for (std::size_t before = text.size() + 1; text.size() < before;) {
        before = text.size();
        text.remove_prefix(std::min(text.find_first_not_of(marks_before), text.size()));
        text = text.substr(0, text.find_last_not_of(marks_behind) + 1);
        for (const std::string_view mark : marks_of_several_bytes) {
            if (text.starts_with(mark)) text.remove_prefix(mark.size());
            if (text.ends_with(mark)) text.remove_suffix(mark.size());
        }
    }
    return text;
}

bool in_word(char c) {
    return base::is_digit(c) || base::is_letter(c) || (static_cast<unsigned char>(c) & 0x80) != 0;
}

/// Whether a word (or a number, with its decimals) ends before `at`.
bool ends_at(std::string_view text, std::size_t at) {
    if (at == text.size()) return true;
    if (at > 0 && !in_word(text[at - 1])) return true;
    const bool decimals = (text[at] == '.' || text[at] == ',') && at > 0 && base::is_digit(text[at - 1]) &&
                          at + 1 < text.size() && base::is_digit(text[at + 1]);
    return !in_word(text[at]) && !decimals;
}

bool begins_at(std::string_view text, std::size_t at) {
    if (at == 0 || !in_word(text[at])) return true;
    const bool decimals = (text[at - 1] == '.' || text[at - 1] == ',') && base::is_digit(text[at]) && at > 1 &&
                          base::is_digit(text[at - 2]);
    return !in_word(text[at - 1]) && !decimals;
}

/// Of {3}, or of what stands there without braces: to the end of its formula, or else one word.
std::optional<std::string_view> box_content(std::string_view behind) {
    const std::size_t first = behind.find_first_not_of(" \t");
    if (first == std::string_view::npos || (first == 0 && base::is_letter(behind[0]))) return std::nullopt;
    behind.remove_prefix(first);
    if (behind[0] == '{') {
        const std::size_t close = maths::closing_brace(behind, 0);
        return close == std::string_view::npos ? std::nullopt : std::optional(behind.substr(1, close - 1));
    }
    const std::string_view line = behind.substr(0, behind.find('\n'));
    std::size_t end = std::string_view::npos;
    for (const std::string_view mark : {"$", "\\)", "\\]"}) end = std::min(end, line.find(mark));
    std::string_view content = line.substr(0, std::min(end, line.size()));
    if (end == std::string_view::npos) {
        content = content.substr(0, content.find(' '));
        if (content.size() > 1 && base::is_letter(content[0])) return std::nullopt;  // "the \boxed command"
    }
    while (content.ends_with('.') || content.ends_with(',')) content.remove_suffix(1);
    return content.empty() ? std::nullopt : std::optional(content);
}

}  // namespace

std::optional<std::string_view> last_boxed(std::string_view text) {
    for (std::size_t end = text.size(); end > 0;) {
        const std::string_view before = text.substr(0, end);
        const std::size_t boxed = before.rfind("\\boxed"), fbox = before.rfind("\\fbox");
        if (boxed == std::string_view::npos && fbox == std::string_view::npos) return std::nullopt;
        const bool later = boxed != std::string_view::npos && (fbox == std::string_view::npos || boxed > fbox);
        end = later ? boxed : fbox;
        if (const auto content = box_content(text.substr(end + (later ? 6 : 5)))) return content;
    }
    return std::nullopt;
}

std::optional<std::string_view> conclusion(std::string_view text) {
    static const Pattern marker(R"((?<!\bthis |\bthat |\byour |\bany |\ban )\banswers?\b[*_ \t]*)"
                                R"((?:(?:is|are|was|would be|equals)\b[*_ \t]*:?|[:=：]|\n)\s*)"
                                R"(|####[ \t]*(?=[-+−$€£¥]{0,2}\d))");
    text = ending(text);
    const std::vector<Pattern::Match> matches = marker.all(text);
    for (auto match = matches.rbegin(); match != matches.rend(); ++match) {
        const std::string_view rest = text.substr(match->end);
        if (rest.find_first_not_of(" \t\r\n*_`") != std::string_view::npos) return rest;
    }
    return std::nullopt;
}

std::string_view first_line(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n*_`"), text.size()));
    return text.substr(0, text.find('\n'));
}

std::string folded(std::string_view text) {
    std::string plain;
    for (const char c : text) {
        if (!base::is_space(c)) {
            plain += base::lowered(c);
        } else if (!plain.empty() && plain.back() != ' ') {
            plain += ' ';
        }
    }
    const std::string_view core = without_marks(plain);
    return std::string(core.empty() ? base::trimmed(plain) : core);
}

Stated stated_in(std::string_view answer) {
    static const Pattern bold(R"(\*\*([^*\n]+)\*\*)");
    static const Pattern worded(R"(^\s*\\(?:text|textbf|mathrm|mathbf)\{([^{}]*)\}\s*$)");
    Stated stated{folded(answer), {}, {}};
    const std::string_view end = ending(answer);
    if (const auto boxed = last_boxed(end)) {
        const auto words = worded.find(*boxed);
        stated.conclusion = folded(words ? words->group : *boxed);
    } else if (const auto rest = conclusion(end)) {
        stated.conclusion = folded(first_line(*rest));
    } else if (const auto bolds = bold.all(end); !bolds.empty()) {
        stated.bold = folded(bolds.back().group);
    }
    return stated;
}

bool begins_with_words(std::string_view text, std::string_view part) {
    return !part.empty() && text.starts_with(part) && ends_at(text, part.size());
}

bool holds_words(std::string_view text, std::string_view part) {
    if (part.empty()) return false;
    for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
        if (begins_at(text, at) && ends_at(text, at + part.size())) return true;
    }
    return false;
}

}  // namespace ergon::tasks
