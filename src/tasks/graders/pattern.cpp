#include "tasks/graders/pattern.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace ergon::tasks {
namespace {

constexpr std::size_t longest_pattern = 4096;  // assumed: answers are described in tens of characters
constexpr base::RegexLimits limits{
    .heap_kib = 64 * 1024,
    // Items of a foreign expression that one search may try. Each can walk all of the text, so that the longest search
    // takes about a second (measured: 0.6 s for the worst of test_graders.cpp's); a sensible one tries a few at each
    // place.
    .items = 300'000,
};

base::Regex compiled(std::string_view expression, std::string_view origin, bool count_items) {
    if (expression.size() > longest_pattern) {
        base::fail(base::ErrorCode::bad_argument, "{}: a regular expression of {} bytes; at most {} are accepted.",
                   origin, expression.size(), longest_pattern);
    }
    base::RegexMistake mistake;
    std::optional<base::Regex> regex =
        base::Regex::compile(expression, {.caseless = true, .any_bytes = true, .count_items = count_items}, mistake);
    if (!regex) {
        base::fail(base::ErrorCode::bad_argument, "{}: the regular expression \"{}\" is invalid at character {}: {}.",
                   origin, expression, mistake.at + 1, mistake.what);
    }
    return std::move(*regex);
}

}  // namespace

std::string_view ending(std::string_view text) {
    return text.substr(text.size() - std::min(text.size(), longest_searched));
}

Pattern::Pattern(std::string_view expression) : regex_(compiled(expression, "ergon", false)) {}

Pattern::Pattern(std::string_view expression, std::string_view origin) : regex_(compiled(expression, origin, true)) {}

std::optional<Pattern::Match> Pattern::find(std::string_view text, std::size_t from) const {
    if (text.size() > longest_searched || from > text.size()) return std::nullopt;
    base::RegexSearch search(regex_, limits);
    if (search.find(text, from) != base::RegexSearch::Result::found) return std::nullopt;
    const auto [begin, end] = search.match();
    Match match{std::min(begin, end), std::max(begin, end), {}};
    const auto group = search.first_group();
    match.group = group ? text.substr(group->begin, group->end - group->begin)
                        : text.substr(match.begin, match.end - match.begin);
    return match;
}

std::vector<Pattern::Match> Pattern::all(std::string_view text) const {
    std::vector<Match> matches;
    for (std::size_t from = 0; const auto match = find(text, from);) {
        matches.push_back(*match);
        from = std::max(match->end, from + 1);
    }
    return matches;
}

}  // namespace ergon::tasks
