#include "tasks/graders/choice_letter.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/error.h"
#include "base/strings/text.h"
#include "tasks/graders/answer_text.h"
#include "tasks/graders/letter_patterns.h"
#include "tasks/graders/pattern.h"

namespace ergon::tasks {
namespace {

const LetterPatterns& patterns_for(std::size_t count) {
    static std::mutex mutex;
    static std::map<std::size_t, std::unique_ptr<const LetterPatterns>> known;
    const std::scoped_lock lock(mutex);
    auto& patterns = known[count];
    if (!patterns) patterns = std::make_unique<const LetterPatterns>(count);
    return *patterns;
}

/// Full-width forms, as they stand in Chinese and Japanese, as those of ASCII: U+FF01 to U+FF5E are ! to ~.
std::string half_width(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = [&](std::size_t offset) { return static_cast<unsigned char>(text[i + offset]); };
        const bool wide = i + 2 < text.size() && byte(0) == 0xEF &&
                          (byte(1) == 0xBC || (byte(1) == 0xBD && byte(2) <= 0x9E)) &&
                          !(byte(1) == 0xBC && byte(2) == 0x80);
        plain += wide ? static_cast<char>(byte(2) - 0x80 + (byte(1) == 0xBC ? 0x20 : 0x60)) : text[i];
        if (wide) i += 2;
    }
    return plain;
}

/// The one choice for which this holds.
template <typename Holds>
std::optional<char> only_choice(std::span<const std::string> choices, const Holds& holds) {
    std::optional<char> letter;
    for (std::size_t i = 0; i < choices.size(); ++i) {
        const std::string words = folded(choices[i]);
        if (words.empty() || !holds(words)) continue;
        if (letter) return std::nullopt;
        letter = static_cast<char>('A' + i);
    }
    return letter;
}

}  // namespace

std::optional<char> chosen_letter(std::string_view answer, std::span<const std::string> choices) {
    if (choices.empty() || choices.size() > max_choices) return std::nullopt;
    const LetterPatterns& patterns = patterns_for(choices.size());
    const std::string plain = half_width(ending(answer));
    answer = plain;
    if (const auto boxed = last_boxed(answer)) {
        if (const auto letter = patterns.boxed(*boxed)) return letter;
    }
    if (const auto letter = patterns.stated(answer)) return letter;
    if (const auto letter = patterns.lone(answer)) return letter;
    if (const auto letter = patterns.line(answer)) return letter;
    const Stated stated = stated_in(answer);
    const auto is_stated = [&](const std::string& words) {
        return stated.any([&](const std::string& one) { return one == words; });
    };
    if (const auto letter = only_choice(choices, is_stated)) return letter;
    if (const auto letter = patterns.concluded(answer)) return letter;
    if (const auto letter = patterns.marked(answer)) return letter;
    if (const auto letter = patterns.left(answer)) return letter;
    if (const auto letter = patterns.standing(answer)) return letter;
    return only_choice(choices, [&](const std::string& words) { return holds_words(stated.whole, words); });
}

std::string lettered(std::span<const std::string> choices) {
    std::string lines;
    for (std::size_t i = 0; i < choices.size(); ++i) {
        lines += fmt::format("{}. {}\n", static_cast<char>('A' + i), choices[i]);
    }
    return lines;
}

std::string multiple_choice_text(std::string_view question, std::span<const std::string> choices) {
    return fmt::format("{}\n\n{}\nAnswer with the letter alone.", question, lettered(choices));
}

}  // namespace ergon::tasks
