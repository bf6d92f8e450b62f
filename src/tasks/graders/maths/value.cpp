#include "tasks/graders/maths/value.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/strings/text.h"
#include "tasks/graders/maths/normal_form.h"
#include "tasks/graders/maths/numbers.h"
#include "tasks/graders/maths/token.h"
#include "tasks/graders/maths/unit.h"

namespace ergon::tasks::maths {
namespace {

using Variables = std::map<std::string, std::complex<double>>;

// Doubles carry 16 digits; a formula of a dozen operations loses two or three of them (assumed: four at most).
constexpr double rounding_of_constants = 1e-12;
constexpr double rounding_of_formulas = 1e-9;

bool near(std::complex<double> a, std::complex<double> b, double tolerance) {
    return std::abs(a - b) <= tolerance * std::abs(a) || a == b;
}

/// Whether two formulas agree wherever they are tried: positive numbers that belong to no pattern.
bool same_everywhere(const Expression& a, const Expression& b) {
    Variables variables;
    add_variables(a, variables);
    add_variables(b, variables);
    if (variables.empty()) {
        const auto left = evaluate(a, variables), right = evaluate(b, variables);
        return std::isfinite(std::abs(left)) && near(left, right, rounding_of_constants);
    }
    int agreed = 0;
    for (int trial = 1; trial <= 8; ++trial) {
        double place = 0.37 * trial;
        for (auto& [name, value] : variables) {
            place = std::fmod(place * 1.618033988749895 + 0.271, 1.7);
            value = 0.2 + place;
        }
        const auto left = evaluate(a, variables), right = evaluate(b, variables);
        if (!std::isfinite(std::abs(left)) || !std::isfinite(std::abs(right))) continue;
        if (!near(left, right, rounding_of_formulas)) return false;
        ++agreed;
    }
    return agreed >= 3;
}

bool is_constant(const Expression& expression) {
    Variables variables;
    add_variables(expression, variables);
    return variables.empty();
}

std::int64_t decimals_of(const Expression& expression) {
    return expression.kind == Expression::Kind::number ? expression.decimals : 0;
}

bool same_constant(const Expression& right, const Expression& found, std::optional<double> tolerance) {
    const auto left = evaluate(right, {}), other = evaluate(found, {});
    if (!std::isfinite(std::abs(left)) || !std::isfinite(std::abs(other))) return false;
    if (tolerance) return near(left, other, *tolerance);
    const std::int64_t places = std::max(decimals_of(right), decimals_of(found));
    return places > 0 && near(left, other, rounding_tolerance) &&
           std::abs(left - other) < std::pow(10.0, -static_cast<double>(places));
}

bool same_expression(const Expression& right, const Expression& found, std::optional<double> tolerance) {
    const auto a = normal_form(right), b = normal_form(found);
    if (a && b) {
        const auto x = a->rational(), y = b->rational();
        if (x && y) return same_number(*x, decimals_of(right), *y, decimals_of(found), tolerance);
        if (same_form(*a, *b)) return true;
    }
    if (is_constant(right) && is_constant(found) && same_constant(right, found, tolerance)) return true;
    const bool exact = a && b && !a->opaque && !b->opaque;
    return !exact && same_everywhere(right, found);
}

Expression times(const Expression& expression, Rational factor, std::int64_t more_decimals) {
    if (expression.kind != Expression::Kind::number) return product(expression, number(std::move(factor)));
    const std::int64_t decimals =
        expression.decimals == 0 ? 0 : std::max<std::int64_t>(expression.decimals + more_decimals, 0);
    return number(expression.value * factor, decimals);
}

/// 5 cm and 0.05 m: the second in the unit of the first. Nothing to do where one has none, or they are of other kinds.
Expression converted(const Value& found, const Value& right) {
    const auto from = unit_of(found.unit), to = unit_of(right.unit);
    if (!from || !to || from->dimension != to->dimension || from->scale == to->scale) return found.expression;
    return times(found.expression, from->scale / to->scale, 0);
}

/// A number in a base whose base the other leaves out: the digits must be the same. Without one on the right side, its
/// value counts as well.
bool same_digits(const Value& based, const Value& plain) {
    return same_expression(number(BigInteger::of_digits(based.digits)), plain.expression, {});
}

bool same_formula(const Value& right, const Value& found, std::optional<double> tolerance) {
    if (right.base != 0 && found.base == 0) return same_digits(right, found);
    if (found.base != 0 && right.base == 0 && same_digits(found, right)) return true;
    const Expression other = converted(found, right);
    if (same_expression(right.expression, other, tolerance)) return true;
    if (right.percent != found.percent) {
        return same_expression(right.percent ? times(right.expression, Rational(1, 100), 2) : right.expression,
                               found.percent ? times(other, Rational(1, 100), 2) : other, tolerance);
    }
    if (right.degrees != found.degrees) {
        const auto radians = [](const Expression& x) { return quotient(product(x, symbol("pi")), number(180)); };
        return same_expression(right.degrees ? radians(right.expression) : right.expression,
                               found.degrees ? radians(other) : other, tolerance);
    }
    return false;
}

bool same_in_order(const std::vector<Value>& a, const std::vector<Value>& b, std::optional<double> tolerance) {
    return std::ranges::equal(a, b, [&](const Value& x, const Value& y) { return same_value(x, y, tolerance); });
}

bool same_in_any_order(const std::vector<Value>& a, const std::vector<Value>& b, std::optional<double> tolerance) {
    if (a.size() != b.size()) return false;
    std::vector<const Value*> left;
    for (const Value& one : a) left.push_back(&one);
    for (const Value& one : b) {
        const auto same =
            std::ranges::find_if(left, [&](const Value* other) { return same_value(*other, one, tolerance); });
        if (same == left.end()) return false;
        left.erase(same);
    }
    return true;
}

/// a - b.
Expression difference(const Value& a, const Value& b) {
    return sum(a.expression, negated(b.expression));
}

/// Relations the way that < points.
Value ascending(Value relation) {
    const auto turned = [](const std::string& one) {
        return one == ">" ? std::string("<") : one == "ge" ? std::string("le") : one;
    };
    const bool descends =
        std::ranges::all_of(relation.relations, [](const auto& one) { return one == ">" || one == "ge"; });
    if (!descends) return relation;
    std::ranges::reverse(relation.items);
    std::ranges::reverse(relation.relations);
    for (std::string& one : relation.relations) one = turned(one);
    return relation;
}

bool same_relation(const Value& right, const Value& found, std::optional<double> tolerance) {
    const Value a = ascending(right), b = ascending(found);
    if (a.relations != b.relations) return false;
    if (same_in_order(a.items, b.items, tolerance)) return true;
    const auto formulas = [](const Value& one) {
        return one.items.size() == 2 &&
               std::ranges::all_of(one.items, [](const Value& side) { return side.kind == Value::Kind::formula; });
    };
    if (!formulas(a) || !formulas(b)) return false;
    const auto left = normal_form(difference(a.items[0], a.items[1])),
               other = normal_form(difference(b.items[0], b.items[1]));
    const auto ratio = left && other ? ratio_of(*left, *other) : std::nullopt;
    const bool either_way = a.relations[0] == "=" || a.relations[0] == "ne";
    return ratio && (either_way || !ratio->negative());
}

const Value& assigned_value(const Value& value) {
    return value.assigned ? value.items.back() : value;
}

/// Two names that are not the same are two answers: x = 3 is not y = 3.
bool other_names(const Value& a, const Value& b) {
    const auto named = [](const Value& one) {
        return one.assigned && one.items.size() > 1 && one.items[0].kind == Value::Kind::formula &&
               one.items[0].expression.kind == Expression::Kind::symbol;
    };
    return named(a) && named(b) && a.items[0].expression.name != b.items[0].expression.name;
}

/// Of "x = 1, y = 2" the values in the order of the names, as they stand in (1, 2). Nothing if a name occurs twice:
/// then they are several values of one.
std::optional<std::vector<Value>> coordinates(const Value& list) {
    if (list.kind != Value::Kind::list) return std::nullopt;
    std::map<std::string, Value> named;
    for (const Value& item : list.items) {
        const bool symbol = item.assigned && item.items[0].kind == Value::Kind::formula &&
                            item.items[0].expression.kind == Expression::Kind::symbol;
        if (!symbol || !named.emplace(item.items[0].expression.name, item.items.back()).second) return std::nullopt;
    }
    std::vector<Value> values;
    for (const auto& [name, value] : named) values.push_back(value);
    return values;
}

bool is_point(const Value& value) {
    return value.kind == Value::Kind::sequence && value.open == "(" && value.close == ")";
}

bool is_collection(const Value& value) {
    return value.kind == Value::Kind::list || value.kind == Value::Kind::set;
}

}  // namespace

bool same_value(const Value& right, const Value& found, std::optional<double> tolerance) {
    if (!right.text.empty() && right.text == found.text && right.unit == found.unit) return true;
    if (right.kind == Value::Kind::relation && found.kind == Value::Kind::relation) {
        if (same_relation(right, found, tolerance)) return true;
        if (!right.assigned || !found.assigned || other_names(right, found)) return false;
    }
    if (right.assigned || found.assigned) return same_value(assigned_value(right), assigned_value(found), tolerance);
    if (const auto wanted = coordinates(right); wanted && !coordinates(found)) {
        return (is_point(found) || found.kind == Value::Kind::list) && same_in_order(*wanted, found.items, tolerance);
    }
    if (const auto said = coordinates(found); said && is_point(right))
        return same_in_order(right.items, *said, tolerance);
    if (is_collection(right) && is_collection(found)) return same_in_any_order(right.items, found.items, tolerance);
    if (right.kind != found.kind) return false;
    switch (right.kind) {
        case Value::Kind::formula: return same_formula(right, found, tolerance);
        case Value::Kind::sequence:
            return right.open == found.open && right.close == found.close &&
                   same_in_order(right.items, found.items, tolerance);
        case Value::Kind::join: return same_in_any_order(right.items, found.items, tolerance);
        case Value::Kind::matrix:
            return right.open == found.open && right.columns == found.columns &&
                   same_in_order(right.items, found.items, tolerance);
        default: return false;
    }
}

namespace {

/// "\textbf{(B)} 5", "\text{(B) 5}": the letter of a choice, and its words.
struct Choice {
    std::string letter, words;
};
std::optional<Choice> choice_in(std::string_view text) {
    const std::vector<Token> tokens = tokens_of(text);
    const std::string& first = tokens[0].text;
    if (tokens.size() == 2 && tokens[0].kind == TokenKind::words && first.size() > 3 && first[0] == '(' &&
        first[2] == ')') {
        return Choice{first.substr(1, 1), first.substr(3)};
    }
    if (tokens.size() < 7 || !tokens[0].symbol("{") || !tokens[1].symbol("(") || tokens[2].text.size() != 1 ||
        tokens[2].kind != TokenKind::letters || !tokens[3].symbol(")") || !tokens[4].symbol("}")) {
        return std::nullopt;
    }
    return Choice{tokens[2].text, std::string(text.substr(tokens[4].end))};
}

}  // namespace

bool same_maths(std::string_view right, std::string_view found, std::optional<double> tolerance) {
    if (const auto choice = choice_in(found); choice && !choice_in(right)) {
        return same_maths(right, choice->letter, tolerance) || same_maths(right, choice->words, tolerance);
    }
    const Value wanted = parse_value(right, Commas::groups), said = parse_value(found, Commas::groups);
    if (same_value(wanted, said, tolerance)) return true;
    const bool commas = found.find(',') != std::string_view::npos;
    if (commas && is_collection(wanted) && same_value(wanted, parse_value(found, Commas::list), tolerance)) return true;
    // A right answer "100,200,300" may be a list, if what was said is one.
    if (std::ranges::count(right, ',') < 2 || !is_collection(said)) return false;
    return same_value(parse_value(right, Commas::list), said, tolerance);
}

}  // namespace ergon::tasks::maths
