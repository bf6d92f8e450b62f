#pragma once
// Formulas in one form: a quotient of two sums of monomials with rational coefficients. Exact: no floating point.

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tasks/graders/maths/expression.h"

namespace ergon::tasks::maths {

/// Bases with their rational exponents, none of them 0, in the order of their names. A base is a variable, "pi", "e",
/// "i" (exponent 1), a prime (exponent below 1: the root of a number), or a formula of its own that has no sum as its
/// form, such as sin(x).
using Monomial = std::vector<std::pair<std::string, Rational>>;
struct MonomialLess {
    bool operator()(const Monomial& a, const Monomial& b) const;
};
/// Coefficients that are not 0.
using Polynomial = std::map<Monomial, Rational, MonomialLess>;

struct NormalForm {
    Polynomial top, bottom;
    /// Whether it holds a base that is a formula: two such forms may differ and yet be equal.
    bool opaque = false;

    /// The value, if it is a rational number.
    std::optional<Rational> rational() const;
};

/// Nothing for what is not known (numbers too large, division by zero) or has too many terms.
std::optional<NormalForm> normal_form(const Expression& expression);

/// Whether two forms are the same by the rules of fractions. Roots of different products of primes, pi, e and variables
/// are taken for independent, so that forms that are not opaque differ if this says so.
bool same_form(const NormalForm& a, const NormalForm& b);

/// Whether one is a rational multiple of the other; the factor b / a, if so.
std::optional<Rational> ratio_of(const NormalForm& a, const NormalForm& b);

}  // namespace ergon::tasks::maths
