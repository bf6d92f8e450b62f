#include "tasks/graders/maths/numbers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "base/strings/text.h"
#include "tasks/graders/maths/literal.h"
#include "tasks/graders/maths/number_words.h"

namespace ergon::tasks::maths {
namespace {

constexpr auto words_before_a_sign = std::to_array<std::string_view>({"is", "are", "be", "was", "equals", "exactly"});

/// Reads from left to right.
class NumberReader {
  public:
    explicit NumberReader(std::span<const Token> tokens) : tokens_(tokens) {}

    std::vector<Number> read() {
        std::vector<Number> numbers;
        while (here().kind != TokenKind::end) {
            if (here().kind == TokenKind::letters) {
                skip_word();
            } else if (here().symbol("^") || here().symbol("_")) {
                ++at_;
                skip_argument();
            } else if (here().command("sqrt") || here().command("root")) {
                skip_root();
            } else if (begins_number()) {
                if (const auto number = one()) numbers.push_back(*number);
            } else {
                ++at_;
            }
        }
        return numbers;
    }

  private:
    const Token& here() const { return tokens_[at_]; }
    const Token& ahead(std::size_t offset) const { return tokens_[std::min(at_ + offset, tokens_.size() - 1)]; }
    bool begins_number() const {
        const bool point = here().symbol(".") && ahead(1).kind == TokenKind::digits && !ahead(1).blank;
        return here().kind == TokenKind::digits || here().command("frac") || point;
    }
    static bool joined(const Token& token) { return !token.blank && token.kind != TokenKind::end; }

    /// "H2O", "x_1".
    void skip_word() {
        do ++at_;
        while (joined(here()) && (here().kind == TokenKind::digits || here().kind == TokenKind::letters));
    }
    /// A group in braces, or one token with its sign.
    void skip_argument() {
        if (here().symbol("-") || here().symbol("+")) ++at_;
        if (!here().symbol("{")) {
            if (here().kind == TokenKind::digits || here().kind == TokenKind::letters) ++at_;
            return;
        }
        int depth = 0;
        do {
            if (here().symbol("{")) ++depth;
            if (here().symbol("}")) --depth;
            if (here().kind == TokenKind::end) return;
            ++at_;
        } while (depth > 0);
    }
    void skip_root() {
        ++at_;
        if (here().symbol("[")) {
            while (here().kind != TokenKind::end && !here().symbol("]")) ++at_;
        }
        skip_argument();
    }

    static bool operand(const Token& token) {
        return token.kind == TokenKind::digits || token.kind == TokenKind::letters || token.symbol(")") ||
               token.symbol("}") || token.symbol("%");
    }
    /// Whether the minus or plus at a token is the sign of the number behind it, and no operator or dash.
    bool is_sign(std::size_t at) const {
        const Token& sign = tokens_[at];
        const bool first = at == 0;
        if (!tokens_[at + 1].blank) {
            return first || sign.blank || !(operand(tokens_[at - 1]) || tokens_[at - 1].symbol("-"));
        }
        // "- 5" at the beginning of a line of running text is an item of a list.
        if (first || sign.line) return false;
        const Token& before = tokens_[at - 1];
        const bool word =
            before.kind == TokenKind::letters &&
            std::ranges::find(words_before_a_sign, base::lowered(before.text)) != words_before_a_sign.end();
        return word || before.symbol(":") || before.symbol("=") || before.symbol("(") || before.symbol("{") ||
               before.symbol("[") || before.command("approx");
    }
    /// Where the number at a token begins with its currency and sign, and whether it is negative.
    std::pair<std::size_t, bool> beginning(std::size_t at) const {
        const auto skip_currency = [&] {
            while (at > 0 && tokens_[at - 1].symbol("$")) --at;
        };
        skip_currency();
        if (at > 0 && (tokens_[at - 1].symbol("-") || tokens_[at - 1].symbol("+")) && is_sign(at - 1)) {
            const bool negative = tokens_[--at].symbol("-");
            skip_currency();
            return {at, negative};
        }
        if (at > 0 && tokens_[at - 1].kind == TokenKind::letters) {
            const std::string word = base::lowered(tokens_[at - 1].text);
            const bool operation = at > 1 && operand(tokens_[at - 2]) && tokens_[at - 2].kind != TokenKind::letters;
            if (word == "negative" || (word == "minus" && !operation)) return {at - 1, true};
        }
        return {at, false};
    }

    /// A whole exponent, in braces, parentheses or neither.
    std::optional<std::int64_t> exponent() {
        const bool bracket = here().symbol("{") || here().symbol("(");
        const std::string_view close = here().symbol("(") ? ")" : "}";
        if (bracket) ++at_;
        const bool negative = here().symbol("-");
        if (negative || here().symbol("+")) ++at_;
        if (here().kind != TokenKind::digits) return std::nullopt;
        constexpr std::int64_t beyond_all = std::int64_t{1} << 40;
        std::int64_t size = BigInteger::of_digits(here().text).to_int64();
        if (size == BigInteger::no_int64 || size > beyond_all) size = beyond_all;
        ++at_;
        if (bracket) {
            if (!here().symbol(close)) return std::nullopt;
            ++at_;
        }
        return negative ? -size : size;
    }
    /// "*10^5" or "^5".
    void scale(Number& number) {
        const std::size_t before = at_;
        if (here().symbol("^")) {
            ++at_;
            if (const auto power_of = exponent()) {
                number.value = power(number.value, *power_of);
                return;
            }
        } else if (here().symbol("*") || here().is(TokenKind::letters, "x")) {
            ++at_;
            if (here().is(TokenKind::digits, "10") && ahead(1).symbol("^")) {
                at_ += 2;
                if (const auto power_of = exponent()) {
                    number.value = number.value * power_of_ten(*power_of);
                    number.decimals = std::max<std::int64_t>(number.decimals - *power_of, 0);
                    return;
                }
            }
        }
        at_ = before;
    }

    /// The value without its sign; nothing for what only looks like a number.
    std::optional<Number> magnitude() {
        Number number;
        if (here().command("frac")) return fraction_command();
        const auto literal = read_literal(tokens_, at_, Commas::decimal);
        if (!literal) return ++at_, std::nullopt;
        at_ = literal->next;
        number.value = literal->value;
        number.decimals = literal->decimals;
        if (here().symbol(".") && joined(here()) && ahead(1).kind == TokenKind::digits && joined(ahead(1))) {
            return skip_chain("."), std::nullopt;  // a version, or an address
        }
        scale(number);
        if (here().symbol("/") && begins_denominator()) {
            const auto bottom = read_literal(tokens_, at_ + 1, Commas::decimal);
            if (!bottom) return number;
            at_ = bottom->next;
            if (here().symbol("/") && ahead(1).kind == TokenKind::digits)
                return skip_chain("/"), std::nullopt;  // a date
            number.value = number.value / bottom->value;
            number.decimals = 0;
        } else if (!literal->digits.empty()) {
            if (const auto fraction = read_mixed_fraction(tokens_, at_)) {
                number.value = number.value + fraction->value;
                at_ = fraction->next;
            }
        }
        return number;
    }
    bool begins_denominator() const { return ahead(1).kind == TokenKind::digits; }
    void skip_chain(std::string_view separator) {
        while (here().kind == TokenKind::digits || (here().symbol(separator) && ahead(1).kind == TokenKind::digits))
            ++at_;
    }

    /// \frac of two numbers; what else it holds is no number.
    std::optional<Number> fraction_command() {
        ++at_;
        Number number;
        for (const bool top : {true, false}) {
            const bool braces = here().symbol("{");
            if (!braces && here().kind == TokenKind::digits && here().text.size() > 1)
                return short_fraction(top, number);
            const std::size_t inside = at_ + (braces ? 1 : 0);
            const bool negative = top && tokens_[inside].symbol("-");
            const auto part = read_literal(tokens_, inside + (negative ? 1 : 0), Commas::decimal);
            if (!part || (braces && !tokens_[part->next].symbol("}")))
                return skip_argument(), skip_argument(), std::nullopt;
            at_ = part->next + (braces ? 1 : 0);
            const Rational value = negative ? -part->value : part->value;
            number.value = top ? value : number.value / value;
        }
        return number;
    }
    /// \frac12, or the two digits of \frac{1}23.
    std::optional<Number> short_fraction(bool top, Number number) {
        const std::string digits = here().text;
        ++at_;
        if (!top || digits.size() != 2) return std::nullopt;
        number.value = Rational(digits[0] - '0') / Rational(digits[1] - '0');
        return number;
    }

    void take_size(Number& number) {
        const Token& word = here();
        if (word.kind != TokenKind::letters) return;
        std::optional<Rational> size = size_word(word.text);
        if (!size && joined(word) && !(joined(ahead(1)) && ahead(1).kind == TokenKind::digits)) {
            if (word.text == "k" || word.text == "K") size = Rational(1000);
            if (word.text == "M") size = power_of_ten(6);
            if (word.text == "bn" || word.text == "B") size = power_of_ten(9);
        }
        if (!size) return;
        number.value = number.value * *size;
        // 1.5k is exactly 1,500; 1.2345 million is exact too, or nearly so.
        number.decimals = std::max<std::int64_t>(number.decimals - 3, 0);
        ++at_;
    }
    bool take_percent() {
        const auto word = [this](std::size_t offset, std::string_view text) {
            return ahead(offset).kind == TokenKind::letters && base::lowered(ahead(offset).text) == text;
        };
        if (here().symbol("%") || word(0, "percent")) return ++at_, true;
        if (!word(0, "per") || !word(1, "cent")) return false;
        at_ += 2;
        return true;
    }

    std::optional<Number> one() {
        const auto [begin, negative] = beginning(at_);
        auto number = magnitude();
        if (!number || !number->value.known()) return std::nullopt;
        // The two of 2\sqrt{3} and 2\pi is no number of its own.
        if (here().command("sqrt") || here().command("root") || here().command("pi")) return std::nullopt;
        if (negative) number->value = -number->value;
        take_size(*number);
        number->percent = take_percent();
        number->begin = tokens_[begin].begin;
        while (here().symbol("$") && joined(here())) ++at_;  // 42€
        number->end = tokens_[at_ - 1].end;
        return number;
    }

    std::span<const Token> tokens_;
    std::size_t at_ = 0;
};

}  // namespace

std::vector<Number> numbers_in(std::span<const Token> tokens) {
    return NumberReader(tokens).read();
}

std::vector<Number> numbers_in(std::string_view text) {
    return numbers_in(tokens_of(text));
}

std::optional<Number> whole_number_of(std::string_view text) {
    std::vector<Token> tokens = tokens_of(text);
    while (tokens.size() > 1 && (tokens[tokens.size() - 2].symbol(".") || tokens[tokens.size() - 2].symbol("$"))) {
        tokens.erase(tokens.end() - 2);
    }
    // "- 5" by itself is no item of a list.
    if (tokens.size() > 2 && (tokens[0].symbol("-") || tokens[0].symbol("+"))) tokens[1].blank = false;
    const std::vector<Number> numbers = numbers_in(tokens);
    if (numbers.size() != 1 || numbers[0].begin != tokens[0].begin) return std::nullopt;
    if (tokens.size() > 1 && numbers[0].end < tokens[tokens.size() - 2].end) return std::nullopt;
    return numbers[0];
}

bool same_number(const Rational& right, std::int64_t right_decimals, const Rational& found, std::int64_t found_decimals,
                 std::optional<double> tolerance) {
    if (!right.known() || !found.known()) return false;
    if (right == found) return true;
    const Rational error = (right - found).magnitude();
    const double relative = std::abs((error / right.magnitude()).to_double());
    if (tolerance) return relative <= *tolerance;
    if (right_decimals == 0 && found_decimals == 0) return false;
    const std::int64_t places = right_decimals == 0   ? found_decimals
                                : found_decimals == 0 ? right_decimals
                                                      : std::min(right_decimals, found_decimals);
    return relative <= rounding_tolerance && error < power_of_ten(-places);
}

}  // namespace ergon::tasks::maths
