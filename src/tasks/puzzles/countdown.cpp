#include "tasks/puzzles/countdown.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <string>

#include "base/checked.h"
#include "base/strings/text.h"
#include "tasks/graders/answer_text.h"
#include "tasks/graders/maths_text.h"
#include "tasks/graders/pattern.h"

namespace ergon::tasks {
namespace {

using base::is_digit;

// Assumed: a game has six numbers.
constexpr std::size_t longest_expression = 500;
constexpr int deepest_brackets = 32;

std::optional<Rational> reduced(std::optional<std::int64_t> top, std::optional<std::int64_t> bottom) {
    if (!top || !bottom || *bottom == 0 || *top == INT64_MIN || *bottom == INT64_MIN) return std::nullopt;
    const std::int64_t divisor = std::gcd(*top, *bottom) * (*bottom < 0 ? -1 : 1);
    return Rational{*top / divisor, *bottom / divisor};
}

std::optional<Rational> apply(char operation, const Rational& a, const Rational& b) {
    using base::checked_multiply;
    if (operation == '*') return reduced(checked_multiply(a.top, b.top), checked_multiply(a.bottom, b.bottom));
    if (operation == '/') return reduced(checked_multiply(a.top, b.bottom), checked_multiply(a.bottom, b.top));
    const auto left = checked_multiply(a.top, b.bottom), right = checked_multiply(b.top, a.bottom);
    if (!left || !right) return std::nullopt;
    return reduced(base::checked_add(*left, operation == '+' ? *right : -*right), checked_multiply(a.bottom, b.bottom));
}

/// Recursive descent: sum = product {(+|-) product}, product = part {(*|/) part}, part = number | ( sum ).
class Evaluator {
  public:
    explicit Evaluator(std::string_view text) : text_(text) {}

    std::optional<Evaluated> run() {
        const auto value = sum();
        if (!value || next() != '\0') return std::nullopt;
        return Evaluated{*value, std::move(numbers_)};
    }

  private:
    char next() {
        while (at_ < text_.size() && base::is_space(text_[at_])) ++at_;
        return at_ < text_.size() ? text_[at_] : '\0';
    }

    std::optional<Rational> sum() {
        auto value = product();
        while (value && (next() == '+' || next() == '-')) value = operate(*value, &Evaluator::product);
        return value;
    }
    std::optional<Rational> product() {
        auto value = part();
        while (value && (next() == '*' || next() == '/')) value = operate(*value, &Evaluator::part);
        return value;
    }
    std::optional<Rational> operate(const Rational& left, std::optional<Rational> (Evaluator::*operand)()) {
        const char operation = text_[at_++];
        const auto right = (this->*operand)();
        return right ? apply(operation, left, *right) : std::nullopt;
    }
    std::optional<Rational> part() {
        const char c = next();
        if (c == '(' || c == '[') {
            if (++depth_ > deepest_brackets) return std::nullopt;
            ++at_;
            const auto value = sum();
            if (!value || next() != (c == '(' ? ')' : ']')) return std::nullopt;
            ++at_;
            --depth_;
            return value;
        }
        std::int64_t number = 0;
        const char* const end = text_.data() + text_.size();
        if (!is_digit(c)) return std::nullopt;
        const auto [behind, error] = std::from_chars(text_.data() + at_, end, number);
        if (error != std::errc()) return std::nullopt;
        at_ = static_cast<std::size_t>(behind - text_.data());
        numbers_.push_back(number);
        return Rational{number, 1};
    }

    std::string_view text_;
    std::size_t at_ = 0;
    int depth_ = 0;
    std::vector<std::int64_t> numbers_;
};

bool is_part(char c) {
    return is_digit(c) || std::string_view("+-*/()[]= ").find(c) != std::string_view::npos;
}

/// The expression in "expression = value": the first side that is one of at least so many numbers.
std::optional<Evaluated> expression_in(std::string_view run, std::size_t min_numbers) {
    while (true) {
        const std::size_t equals = std::min(run.find('='), run.size());
        const auto value = evaluate(base::trimmed(run.substr(0, equals), " "));
        if (value && value->numbers.size() >= min_numbers) return value;
        if (equals == run.size()) return std::nullopt;
        run.remove_prefix(equals + 1);
    }
}

/// The expressions of a text in plain notation, in their order.
std::vector<Evaluated> expressions_in(const std::string& plain, std::size_t min_numbers) {
    std::vector<Evaluated> found;
    for (std::size_t at = 0; at < plain.size();) {
        std::size_t end = at;
        // A decimal point belongs to its number, which no game has: with it, nothing here is an expression.
        while (end < plain.size() &&
               (is_part(plain[end]) || (plain[end] == '.' && end + 1 < plain.size() && is_digit(plain[end + 1])))) {
            ++end;
        }
        const bool in_word = at > 0 && is_digit(plain[at]) && (base::is_letter(plain[at - 1]) || plain[at - 1] == '^');
        if (end > at && !in_word) {
            if (auto value = expression_in(std::string_view(plain).substr(at, end - at), min_numbers)) {
                found.push_back(std::move(*value));
            }
        }
        at = end + 1;
    }
    return found;
}

/// Plain notation, without the marks of lists at the beginnings of lines, and with x between numbers as *.
std::string plain_expressions(std::string_view text) {
    static const Pattern bullet(R"(^[ \t]*(?:[-*+•]|\d+[.)])[ \t]+)");
    static const Pattern times(R"((?<=[\d)\]])\s?(x)\s?(?=[\d(\[]))");
    std::string without_bullets;
    std::size_t at = 0;
    for (const Pattern::Match& match : bullet.all(text)) {
        without_bullets += text.substr(at, match.begin - at);
        at = match.end;
    }
    without_bullets += text.substr(at);
    std::string plain = plain_maths(without_bullets);
    if (plain.size() > longest_searched) plain.erase(0, plain.size() - longest_searched);
    for (const Pattern::Match& match : times.all(plain)) {
        plain[match.group.data() - plain.data()] = '*';
    }
    return plain;
}

bool within(std::vector<std::int64_t> used, std::span<const std::int64_t> given) {
    std::vector<std::int64_t> available(given.begin(), given.end());
    std::ranges::sort(available);
    std::ranges::sort(used);
    return std::ranges::includes(available, used);
}

std::optional<Evaluated> final_expression(std::string_view answer) {
    answer = ending(answer);
    if (const auto boxed = last_boxed(answer)) {
        if (const auto all = expressions_in(plain_expressions(*boxed), 1); !all.empty()) return all.front();
    }
    if (const auto rest = conclusion(answer)) {
        if (const auto all = expressions_in(plain_expressions(*rest), 2); !all.empty()) return all.front();
        if (const auto all = expressions_in(plain_expressions(*rest), 1); !all.empty()) return all.front();
    }
    const auto all = expressions_in(plain_expressions(answer), 2);
    return all.empty() ? std::nullopt : std::optional(all.back());
}

}  // namespace

std::optional<Evaluated> evaluate(std::string_view expression) {
    if (expression.size() > longest_expression) return std::nullopt;
    return Evaluator(expression).run();
}

bool solves_countdown(std::string_view answer, std::span<const std::int64_t> numbers, std::int64_t target) {
    const auto expression = final_expression(answer);
    return expression && expression->value == Rational{target, 1} && within(expression->numbers, numbers);
}

}  // namespace ergon::tasks
