#include "tasks/graders/maths/number_words.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/strings/text.h"

namespace ergon::tasks::maths {
namespace {

constexpr auto small_numbers = std::to_array<std::string_view>(
    {"zero", "one",    "two",    "three",    "four",     "five",    "six",     "seven",     "eight",    "nine",
     "ten",  "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"});
constexpr auto tens = std::to_array<std::string_view>(
    {"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"});
constexpr auto parts = std::to_array<std::pair<std::string_view, int>>({
    {"half", 2},    {"halves", 2},   {"third", 3},       {"thirds", 3},       {"quarter", 4}, {"quarters", 4},
    {"fourth", 4},  {"fourths", 4},  {"fifth", 5},       {"fifths", 5},       {"sixth", 6},   {"sixths", 6},
    {"seventh", 7}, {"sevenths", 7}, {"eighth", 8},      {"eighths", 8},      {"ninth", 9},   {"ninths", 9},
    {"tenth", 10},  {"tenths", 10},  {"hundredth", 100}, {"hundredths", 100},
});

template <typename List>
std::optional<int> place_in(const List& list, const std::string& word) {
    const auto* found = std::ranges::find(list, std::string_view(word));
    if (word.empty() || found == list.end()) return std::nullopt;
    return static_cast<int>(found - list.begin());
}

class WordReader {
  public:
    WordReader(std::span<const Token> tokens, std::size_t at) : tokens_(tokens), at_(at) {}

    std::optional<NumberInWords> read() {
        const bool negative = take("minus") || take("negative");
        auto value = take("half") ? std::optional(half()) : whole();
        if (!value) return std::nullopt;
        if (take_part(*value)) return NumberInWords{negative ? -*value : *value, at_};
        const std::size_t before = at_;
        std::optional<Rational> more = take("and") ? (take("a") ? Rational(1) : whole()) : std::nullopt;
        if (more && take_part(*more)) {
            value = *value + *more;
        } else {
            at_ = before;
            if (word(at_) == "point") value = *value + decimals();
        }
        return NumberInWords{negative ? -*value : *value, at_};
    }

  private:
    std::string word(std::size_t at) const {
        if (at >= tokens_.size() || tokens_[at].kind != TokenKind::letters) return {};
        return base::lowered(tokens_[at].text);
    }
    bool take(std::string_view one) {
        if (word(at_) != one) return false;
        ++at_;
        return true;
    }
    std::optional<int> part(std::size_t at) const {
        const std::string name = word(at);
        const auto* found = std::ranges::find(parts, std::string_view(name), &std::pair<std::string_view, int>::first);
        return found == parts.end() ? std::nullopt : std::optional(found->second);
    }

    /// Of "two-thirds" or "two thirds", the denominator.
    bool take_part(Rational& value) {
        const std::size_t at = at_ < tokens_.size() && tokens_[at_].symbol("-") ? at_ + 1 : at_;
        const auto bottom = part(at);
        if (!bottom) return false;
        value = value / Rational(*bottom);
        at_ = at + 1;
        return true;
    }
    /// "half", "half a million".
    Rational half() {
        const std::size_t before = at_;
        take("a");
        if (const auto size = size_word(word(at_))) return ++at_, *size / Rational(2);
        at_ = before;
        return {1, 2};
    }

    /// "twenty-one", "seven"; the hyphen is a token.
    std::optional<int> below_hundred() {
        if (const auto ten = place_in(tens, word(at_))) {
            const std::size_t unit_at = at_ + (tokens_[at_ + 1].symbol("-") ? 2 : 1);
            const auto unit = place_in(small_numbers, word(unit_at));
            const bool with_unit = unit && *unit > 0 && *unit < 10;
            at_ = with_unit ? unit_at + 1 : at_ + 1;
            return *ten * 10 + (with_unit ? *unit : 0);
        }
        const auto small = place_in(small_numbers, word(at_));
        if (small) ++at_;
        return small;
    }

    std::optional<int> below_thousand() {
        const bool article = word(at_) == "a" && (word(at_ + 1) == "hundred" || size_word(word(at_ + 1)));
        if (article) ++at_;
        std::optional<int> value = article ? std::optional(1) : below_hundred();
        if (!value || !take("hundred")) return value;
        value = *value * 100;
        const std::size_t before = at_;
        const bool with_and = take("and");
        if (const auto rest = below_hundred(); rest && *rest > 0) return *value + *rest;
        if (with_and) at_ = before;
        return value;
    }

    std::optional<Rational> whole() {
        const auto first = below_thousand();
        if (!first) return std::nullopt;
        Rational total = 0, group = *first;
        while (const auto size = size_word(word(at_))) {
            ++at_;
            total = total + group * *size;
            group = 0;
            const std::size_t before = at_;
            take("and");
            const auto next = below_thousand();
            if (!next || *next == 0) {
                at_ = before;
                break;
            }
            group = *next;
        }
        return total + group;
    }

    Rational decimals() {
        Rational value = 0, place = 1;
        std::size_t end = at_ + 1;
        for (auto digit = place_in(small_numbers, word(end)); digit && *digit < 10;
             digit = place_in(small_numbers, word(end))) {
            place = place / Rational(10);
            value = value + place * Rational(*digit);
            ++end;
        }
        if (end > at_ + 1) at_ = end;
        return value;
    }

    std::span<const Token> tokens_;
    std::size_t at_;
};

}  // namespace

std::optional<Rational> size_word(std::string_view word) {
    constexpr auto sizes = std::to_array<std::pair<std::string_view, int>>(
        {{"thousand", 3}, {"lakh", 5}, {"million", 6}, {"crore", 7}, {"billion", 9}, {"trillion", 12}});
    if (base::lowered(word) == "dozen") return Rational(12);
    const std::string lower = base::lowered(word);
    const auto* found = std::ranges::find(sizes, std::string_view(lower), &std::pair<std::string_view, int>::first);
    return found == sizes.end() ? std::nullopt : std::optional(power_of_ten(found->second));
}

std::optional<NumberInWords> read_number_words(std::span<const Token> tokens, std::size_t at) {
    return WordReader(tokens, at).read();
}

}  // namespace ergon::tasks::maths
