#include "tasks/graders/final_number.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/strings/text.h"
#include "tasks/graders/answer_text.h"
#include "tasks/graders/maths/normal_form.h"
#include "tasks/graders/maths/number_words.h"
#include "tasks/graders/maths/value.h"
#include "tasks/graders/pattern.h"

namespace ergon::tasks {
namespace {

using maths::Number;
using maths::Token;
using maths::TokenKind;

/// A double as a fraction; it is not exact, so its digits count as decimals.
Number rounded_number(double value) {
    constexpr int bits = 53;
    constexpr std::int64_t trusted_places = 12;
    int exponent = 0;
    const double part = std::frexp(value, &exponent);
    const maths::Rational whole(static_cast<std::int64_t>(std::ldexp(part, bits)));
    return {whole * maths::power(maths::Rational(2), exponent - bits), trusted_places};
}

/// The number that a text is, if it is nothing but a formula without variables.
std::optional<Number> constant_number(std::string_view text) {
    maths::Value value = maths::parse_value(text, maths::Commas::decimal);
    if (value.assigned) value = maths::Value(value.items.back());
    if (value.kind != maths::Value::Kind::formula) return std::nullopt;
    Number number;
    const auto form = maths::normal_form(value.expression);
    if (const auto rational = form ? form->rational() : std::nullopt) {
        number.value = *rational;
        number.decimals = value.expression.kind == maths::Expression::Kind::number ? value.expression.decimals : 0;
    } else {
        const auto found = maths::evaluate(value.expression, {});
        if (!std::isfinite(found.real()) || found.imag() != 0) return std::nullopt;
        number = rounded_number(found.real());
    }
    number.percent = value.percent;
    return number;
}

/// A number in words at the beginning of a text.
std::optional<Number> number_in_words(std::string_view text) {
    const std::vector<Token> tokens = maths::tokens_of(text);
    std::size_t at = 0;
    while (tokens[at].kind == TokenKind::symbol || tokens[at].kind == TokenKind::other) ++at;
    const auto found = maths::read_number_words(tokens, at);
    return found ? std::optional(Number{found->value}) : std::nullopt;
}

/// Whether nothing stands here but marks, the name of a variable and words that lead to a number.
bool only_leads(std::string_view text) {
    static const Pattern leads(
        R"(\A(?:[^\w\n\\]|\n|\\[a-z]+|\\|\b(?:[a-z]|is|are|about|approximately|around|roughly|exactly|just|only|)"
        R"(simply|therefore|thus|now|then|equal to|a total of|usd|eur)\b)*+\z)");
    return text.size() <= 40 && leads.find(text).has_value();
}

/// The number of a short text that holds little else: of an equation, its right side.
std::optional<Number> leading_number(std::string_view text) {
    const std::vector<Number> numbers = maths::numbers_in(text);
    if (numbers.empty()) return std::nullopt;
    std::size_t end = std::min(text.find_first_of("\n(;", numbers.front().end), text.size());
    for (const std::string_view stop : {". ", ", "}) end = std::min(end, text.find(stop, numbers.front().end));
    const std::size_t equals = text.substr(0, end).rfind('=');
    for (const Number& number : numbers) {
        if (equals == std::string_view::npos || (number.begin > equals && number.begin < end)) return number;
    }
    return numbers.front();
}

/// Whether a number in a text is only a part of what it says: of a root, or behind a sign that begins it.
bool has_formula(std::string_view text) {
    const std::vector<Token> tokens = maths::tokens_of(text);
    return tokens[0].symbol("-") || std::ranges::any_of(tokens, [](const Token& token) {
               return token.command("sqrt") || token.command("root") || token.command("pi") || token.command("frac");
           });
}

/// Of what stands behind "Answer:".
std::optional<Number> concluded_number(std::string_view rest) {
    const std::string_view line = first_line(rest);
    if (has_formula(line)) {
        if (const auto number = constant_number(line)) return number;
    }
    const std::vector<Number> numbers = maths::numbers_in(rest);
    const bool digits = std::ranges::any_of(line, base::is_digit);
    if (!digits) {
        if (const auto number = number_in_words(line)) return number;
    }
    if (numbers.empty()) return std::nullopt;
    return only_leads(rest.substr(0, numbers.front().begin)) ? leading_number(rest) : numbers.back();
}

}  // namespace

std::optional<Number> final_number(std::string_view answer) {
    answer = ending(answer);
    if (const auto boxed = last_boxed(answer)) {
        if (const auto number = constant_number(*boxed)) return number;
        if (const auto number = leading_number(*boxed)) return number;
    }
    if (const auto rest = conclusion(answer)) {
        if (const auto number = concluded_number(*rest)) return number;
    }
    if (const std::vector<Number> numbers = maths::numbers_in(answer); !numbers.empty()) return numbers.back();
    const Stated stated = stated_in(answer);
    for (const auto& text : {std::optional(stated.whole), stated.conclusion, stated.bold}) {
        if (!text) continue;
        if (const auto number = number_in_words(*text)) return number;
    }
    return std::nullopt;
}

}  // namespace ergon::tasks
