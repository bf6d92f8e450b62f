#include "tasks/graders/maths/literal.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace ergon::tasks::maths {
namespace {

class LiteralReader {
  public:
    LiteralReader(std::span<const Token> tokens, std::size_t at, Commas commas)
        : tokens_(tokens), at_(at), commas_(commas) {}

    std::optional<Literal> read() {
        if (digits_at(at_)) {
            number_ = tokens_[at_++].text;
            literal_.digits = number_;
            take_groups();
        } else if (!tokens_[at_].symbol(".") || !joined_digits(at_ + 1)) {
            return std::nullopt;
        }
        take_decimals();
        literal_.value = Rational(BigInteger::of_digits(number_)) * power_of_ten(-places_);
        take_period();
        take_exponent();
        literal_.decimals = std::max<std::int64_t>(literal_.decimals, 0);
        literal_.next = at_;
        return literal_;
    }

  private:
    bool digits_at(std::size_t at) const { return at < tokens_.size() && tokens_[at].kind == TokenKind::digits; }
    /// Digits that stand right behind what is before them.
    bool joined_digits(std::size_t at) const { return digits_at(at) && !tokens_[at].blank; }
    bool joined_symbol(std::size_t at, std::string_view symbol) const {
        return at < tokens_.size() && tokens_[at].symbol(symbol) && !tokens_[at].blank;
    }
    /// Digits behind such a separator: their token, or 0.
    std::size_t group(std::size_t at, std::string_view separator) const {
        if (separator == " ") return digits_at(at) && tokens_[at].blank && !tokens_[at].line ? at : 0;
        return joined_symbol(at, separator) && joined_digits(at + 1) ? at + 1 : 0;
    }
    std::size_t size(std::size_t at) const { return tokens_[at].text.size(); }

    /// The token behind groups of three, if there are any and no others.
    std::size_t threes(std::string_view separator) const {
        std::size_t end = at_;
        std::size_t next = group(end, separator);
        for (; next != 0 && size(next) == 3; next = group(end, separator)) end = next + 1;
        return next != 0 && separator != " " ? at_ : end;
    }
    /// The same for groups of two and a last one of three.
    std::size_t indian() const {
        std::size_t end = at_;
        std::size_t next = group(end, ",");
        for (; next != 0 && size(next) == 2; next = group(end, ",")) end = next + 1;
        return end > at_ && next != 0 && size(next) == 3 && group(next + 1, ",") == 0 ? next + 1 : at_;
    }

    void take(std::size_t end) {
        for (; at_ < end; ++at_) {
            if (digits_at(at_)) number_ += tokens_[at_].text;
        }
        literal_.digits.clear();
    }

    void take_groups() {
        if (number_.size() > 3 || number_[0] == '0') return;
        for (const std::string_view separator : {"{,}", "'", "_", ",", ".", " "}) {
            const std::size_t end = threes(separator);
            if (end > at_ && allowed(separator, end)) return take(end);
        }
        if (const std::size_t end = indian();
            number_.size() <= 2 && end > at_ && (commas_ != Commas::list || zeros(end)))
            take(end);
    }
    /// Whether what was read as groups can be no list: no element of one is written 000.
    bool zeros(std::size_t end) const {
        return std::any_of(tokens_.begin() + static_cast<std::ptrdiff_t>(at_),
                           tokens_.begin() + static_cast<std::ptrdiff_t>(end),
                           [](const Token& one) { return one.text.starts_with('0'); });
    }
    bool allowed(std::string_view separator, std::size_t end) const {
        if (separator == ",") return commas_ != Commas::list || zeros(end);
        // One group behind a point is a decimal fraction, unless a comma and decimals follow.
        if (separator == ".") return end > at_ + 2 || decimal_comma(end);
        // 1 125/1000 is a mixed number.
        if (separator == " ") return !joined_symbol(end, "/") && !tokens_[end].symbol("/");
        return true;
    }
    bool decimal_comma(std::size_t at) const {
        if (joined_symbol(at, "{,}") && joined_digits(at + 1)) return size(at + 1) != 3 || number_ == "0";
        if (commas_ != Commas::decimal || !joined_symbol(at, ",") || !joined_digits(at + 1)) return false;
        return (size(at + 1) != 3 || number_ == "0") && group(at + 2, ",") == 0;
    }

    void take_decimals() {
        const bool point = joined_symbol(at_, ".") || (number_.empty() && tokens_[at_].symbol("."));
        const bool with_comma = !grouped_by_comma() && decimal_comma(at_);
        if (!(point && joined_digits(at_ + 1)) && !with_comma) return;
        literal_.digits.clear();
        places_ = literal_.decimals = static_cast<std::int64_t>(size(at_ + 1));
        number_ += tokens_[at_ + 1].text;
        at_ += 2;
    }
    bool grouped_by_comma() const { return at_ >= 2 && literal_.digits.empty() && tokens_[at_ - 2].symbol(","); }

    /// 0.1\overline{6}, 0.\overline{3}.
    void take_period() {
        std::size_t at = at_;
        if (places_ == 0 && joined_symbol(at, ".")) ++at;
        if (at >= tokens_.size() || !tokens_[at].command("overline") || (places_ == 0 && at == at_)) return;
        const bool braces = joined_symbol(at + 1, "{");
        const std::size_t digits = at + (braces ? 2 : 1);
        if (!digits_at(digits) || (braces && !joined_symbol(digits + 1, "}"))) return;
        const Rational period(BigInteger::of_digits(tokens_[digits].text));
        const Rational nines = power_of_ten(static_cast<std::int64_t>(size(digits))) - Rational(1);
        literal_.value = literal_.value + period / nines * power_of_ten(-places_);
        literal_.digits.clear();
        literal_.decimals = 0;
        at_ = digits + (braces ? 2 : 1);
    }

    /// e5, E-3: joined to digits on both sides.
    void take_exponent() {
        const auto is_e = [this](std::size_t at) {
            return at < tokens_.size() && tokens_[at].kind == TokenKind::letters && !tokens_[at].blank &&
                   (tokens_[at].text == "e" || tokens_[at].text == "E");
        };
        if (!is_e(at_)) return;
        const bool negative = joined_symbol(at_ + 1, "-");
        const std::size_t digits = at_ + (negative || joined_symbol(at_ + 1, "+") ? 2 : 1);
        if (!joined_digits(digits)) return;
        std::int64_t exponent = 0;
        const std::string& text = tokens_[digits].text;
        if (text.size() > 4)
            exponent = 1 << 20;
        else
            std::from_chars(text.data(), text.data() + text.size(), exponent);
        if (negative) exponent = -exponent;
        literal_.value = literal_.value * power_of_ten(exponent);
        literal_.decimals -= exponent;
        literal_.digits.clear();
        at_ = digits + 1;
    }

    std::span<const Token> tokens_;
    std::size_t at_;
    Commas commas_;
    std::string number_;
    std::int64_t places_ = 0;
    Literal literal_;
};

/// A whole number in braces, or without: of \frac12 one digit is the top. `cut`: how many digits of the token are used.
std::optional<Rational> fraction_part(std::span<const Token> tokens, std::size_t& at, std::size_t& cut) {
    const bool braces = cut == 0 && tokens[at].symbol("{");
    const std::size_t digits = at + (braces ? 1 : 0);
    if (tokens[digits].kind != TokenKind::digits) return std::nullopt;
    if (braces) {
        if (!tokens[digits + 1].symbol("}")) return std::nullopt;
        at += 3;
        return Rational(BigInteger::of_digits(tokens[digits].text));
    }
    const std::string_view text = std::string_view(tokens[digits].text).substr(cut);
    if (++cut == tokens[digits].text.size()) {
        ++at;
        cut = 0;
    }
    return Rational(BigInteger::of_digits(text.substr(0, 1)));
}

std::optional<Fraction> read_frac(std::span<const Token> tokens, std::size_t at) {
    std::size_t cut = 0;
    const auto top = fraction_part(tokens, ++at, cut);
    const auto bottom = top ? fraction_part(tokens, at, cut) : std::nullopt;
    if (!bottom || cut != 0 || bottom->is_zero()) return std::nullopt;
    return Fraction{*top / *bottom, at};
}

}  // namespace

std::optional<Literal> read_literal(std::span<const Token> tokens, std::size_t at, Commas commas) {
    return LiteralReader(tokens, at, commas).read();
}

std::optional<Fraction> read_mixed_fraction(std::span<const Token> tokens, std::size_t at) {
    std::optional<Fraction> found;
    if (tokens[at].command("frac")) {
        found = read_frac(tokens, at);
    } else if (tokens[at].kind == TokenKind::digits && tokens[at].blank && !tokens[at].line &&
               tokens[at + 1].symbol("/") && tokens[at + 2].kind == TokenKind::digits) {
        found = Fraction{Rational(BigInteger::of_digits(tokens[at].text), BigInteger::of_digits(tokens[at + 2].text)),
                         at + 3};
        if (tokens[at + 3].symbol("/")) return std::nullopt;
    }
    if (!found || !(found->value < Rational(1))) return std::nullopt;
    return found;
}

}  // namespace ergon::tasks::maths
