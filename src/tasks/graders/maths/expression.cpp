#include "tasks/graders/maths/expression.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

namespace ergon::tasks::maths {
namespace {

using Complex = std::complex<double>;
using Kind = Expression::Kind;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Expression node(Kind kind, std::vector<Expression> parts, std::string name = {}) {
    Expression made;
    made.kind = kind;
    made.name = std::move(name);
    made.parts = std::move(parts);
    return made;
}

/// Sums of sums and products of products have their parts side by side, so that long ones are not deep.
Expression joined(Kind kind, Expression a, Expression b) {
    if (a.kind != kind) a = node(kind, {std::move(a)});
    a.parts.push_back(std::move(b));
    return a;
}

double factorial(Complex x) {
    return x.imag() == 0 && x.real() >= 0 && x.real() == std::floor(x.real()) ? std::tgamma(x.real() + 1) : nan;
}

double binomial(Complex n, Complex k) {
    return std::round(factorial(n) / factorial(k) / factorial(n - k));
}

Complex real_function(const std::string& name, Complex x) {
    if (std::abs(x.imag()) > 1e-12) return nan;
    const double real = x.real();
    if (name == "floor") return std::floor(real);
    if (name == "ceil") return std::ceil(real);
    if (name == "factorial") return factorial(x);
    return nan;
}

Complex call_value(const std::string& name, const std::vector<Complex>& x) {
    using Function = Complex (*)(const Complex&);
    static constexpr auto functions = std::to_array<std::pair<std::string_view, Function>>({
        {"sin", [](const Complex& z) { return std::sin(z); }},
        {"cos", [](const Complex& z) { return std::cos(z); }},
        {"tan", [](const Complex& z) { return std::tan(z); }},
        {"cot", [](const Complex& z) { return 1.0 / std::tan(z); }},
        {"sec", [](const Complex& z) { return 1.0 / std::cos(z); }},
        {"csc", [](const Complex& z) { return 1.0 / std::sin(z); }},
        {"asin", [](const Complex& z) { return std::asin(z); }},
        {"acos", [](const Complex& z) { return std::acos(z); }},
        {"atan", [](const Complex& z) { return std::atan(z); }},
        {"sinh", [](const Complex& z) { return std::sinh(z); }},
        {"cosh", [](const Complex& z) { return std::cosh(z); }},
        {"tanh", [](const Complex& z) { return std::tanh(z); }},
        {"exp", [](const Complex& z) { return std::exp(z); }},
        {"ln", [](const Complex& z) { return std::log(z); }},
        {"lg", [](const Complex& z) { return std::log(z) / std::numbers::ln10; }},
        {"abs", [](const Complex& z) { return Complex(std::abs(z)); }},
    });
    if (name == "log" && x.size() == 2) return std::log(x[1]) / std::log(x[0]);
    if (name == "binom" && x.size() == 2) return binomial(x[0], x[1]);
    const auto* found =
        std::ranges::find(functions, std::string_view(name), &std::pair<std::string_view, Function>::first);
    if (x.size() != 1) return nan;
    return found == functions.end() ? real_function(name, x[0]) : found->second(x[0]);
}

Complex power_value(Complex base, Complex exponent) {
    if (base == 0.0) return exponent.real() > 0 ? 0.0 : exponent == 0.0 ? 1.0 : nan;
    return std::pow(base, exponent);
}

}  // namespace

Expression number(Rational value, std::int64_t decimals) {
    Expression made;
    made.value = std::move(value);
    made.decimals = decimals;
    return made;
}
Expression symbol(std::string name) {
    return node(Kind::symbol, {}, std::move(name));
}
Expression call(std::string name, std::vector<Expression> parts) {
    return node(Kind::call, std::move(parts), std::move(name));
}
Expression sum(Expression a, Expression b) {
    return joined(Kind::sum, std::move(a), std::move(b));
}
Expression product(Expression a, Expression b) {
    return joined(Kind::product, std::move(a), std::move(b));
}
Expression power(Expression base, Expression exponent) {
    return node(Kind::power, {std::move(base), std::move(exponent)});
}
Expression negated(Expression a) {
    if (a.kind == Kind::number) return number(-a.value, a.decimals);
    return product(number(-1), std::move(a));
}
Expression quotient(Expression top, Expression bottom) {
    return product(std::move(top), power(std::move(bottom), number(-1)));
}

void add_variables(const Expression& expression, std::map<std::string, Complex>& variables) {
    const std::string& name = expression.name;
    if (expression.kind == Kind::symbol && name != "pi" && name != "e" && name != "i" && name != "infty") {
        variables.emplace(name, 0);
    }
    for (const Expression& part : expression.parts) add_variables(part, variables);
}

bool has_plus_minus(const Expression& expression) {
    return expression.kind == Kind::plus_minus || std::ranges::any_of(expression.parts, has_plus_minus);
}

Expression with_sign(const Expression& expression, bool positive) {
    if (expression.kind == Kind::plus_minus) {
        Expression inside = with_sign(expression.parts[0], positive);
        return positive == (expression.name == "pm") ? inside : negated(std::move(inside));
    }
    Expression made = expression;
    for (Expression& part : made.parts) part = with_sign(part, positive);
    return made;
}

Complex evaluate(const Expression& expression, const std::map<std::string, Complex>& variables) {
    const auto part = [&](std::size_t i) { return evaluate(expression.parts[i], variables); };
    switch (expression.kind) {
        case Kind::number: return expression.value.to_double();
        case Kind::symbol: {
            if (expression.name == "pi") return std::numbers::pi;
            if (expression.name == "e") return std::numbers::e;
            if (expression.name == "i") return {0, 1};
            if (expression.name == "infty") return std::numeric_limits<double>::infinity();
            const auto found = variables.find(expression.name);
            return found == variables.end() ? Complex(nan) : found->second;
        }
        case Kind::sum: {
            Complex total = 0;
            for (std::size_t i = 0; i < expression.parts.size(); ++i) total += part(i);
            return total;
        }
        case Kind::product: {
            Complex total = 1;
            for (std::size_t i = 0; i < expression.parts.size(); ++i) total *= part(i);
            return total;
        }
        case Kind::power: return power_value(part(0), part(1));
        case Kind::call: {
            std::vector<Complex> values;
            for (std::size_t i = 0; i < expression.parts.size(); ++i) values.push_back(part(i));
            return call_value(expression.name, values);
        }
        case Kind::plus_minus: return nan;
    }
    return nan;
}

}  // namespace ergon::tasks::maths
