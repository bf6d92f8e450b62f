#include "tasks/puzzles/solved/equation_checks.h"

#include "base/checked.h"
#include "base/strings/text.h"
#include "tasks/puzzles/countdown.h"

namespace ergon::tasks {
namespace {

constexpr std::string_view signs = "=<>";

bool related(const Rational& a, std::string_view sign, const Rational& b) {
    if (sign == "=") return a == b;
    const auto left = base::checked_multiply(a.top, b.bottom), right = base::checked_multiply(b.top, a.bottom);
    if (!left || !right) return false;
    if (sign == "<") return *left < *right;
    if (sign == ">") return *left > *right;
    if (sign == "<=") return *left <= *right;
    return sign == ">=" && *left >= *right;
}

bool holds(std::string_view claim) {
    std::size_t at = claim.find_first_of(signs);
    auto left = evaluate(claim.substr(0, at));
    while (left && at < claim.size()) {
        const std::size_t behind = claim.find_first_not_of(signs, at);
        if (behind == std::string_view::npos) return false;
        const std::size_t end = std::min(claim.find_first_of(signs, behind), claim.size());
        auto right = evaluate(claim.substr(behind, end - behind));
        if (!right || !related(left->value, claim.substr(at, behind - at), right->value)) return false;
        left = std::move(right);
        at = end;
    }
    return left.has_value();
}

}  // namespace

std::vector<EquationCheck> equation_checks_in(std::string_view text) {
    std::vector<EquationCheck> claims;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
        std::string_view word = text.substr(at, end - at);
        word = word.substr(0, word.find_last_not_of(":,;.") + 1);
        const bool of_numbers = !word.empty() && (base::is_digit(word[0]) || word[0] == '(');
        if (of_numbers && word.find_first_of(signs) != std::string_view::npos) claims.push_back({word, holds(word)});
        at = end + 1;
    }
    return claims;
}

std::string_view last_side(std::string_view claim) {
    return claim.substr(claim.find_last_of(signs) + 1);
}

}  // namespace ergon::tasks
