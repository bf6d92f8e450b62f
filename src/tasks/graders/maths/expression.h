#pragma once
// A formula as a tree.

#include <complex>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tasks/graders/maths/rational.h"

namespace ergon::tasks::maths {

struct Expression {
    enum class Kind : std::uint8_t {
        number,      // value
        symbol,      // name: a variable, "pi", "e", "i", "infty"
        sum,         // parts
        product,     // parts
        power,       // parts[0] to parts[1]
        call,        // the function `name` of parts
        plus_minus,  // parts[0], with both signs; name is "pm", or "mp" for the opposite sign
    };
    Kind kind = Kind::number;
    Rational value;
    std::int64_t decimals = 0;  // of a number: places behind the point that were written; 0: exact
    std::string name;
    std::vector<Expression> parts;
};

Expression number(Rational value, std::int64_t decimals = 0);
Expression symbol(std::string name);
Expression call(std::string name, std::vector<Expression> parts);
Expression sum(Expression a, Expression b);
Expression product(Expression a, Expression b);
Expression power(Expression base, Expression exponent);
Expression negated(Expression a);
Expression quotient(Expression top, Expression bottom);

/// The names of its variables, to which constants do not belong.
void add_variables(const Expression& expression, std::map<std::string, std::complex<double>>& variables);

/// Whether a \pm stands in it.
bool has_plus_minus(const Expression& expression);
/// The same with a sign for each \pm, and the opposite one for each \mp.
Expression with_sign(const Expression& expression, bool positive);

/// In floating point, with values for its variables; what is not defined is not finite.
std::complex<double> evaluate(const Expression& expression,
                              const std::map<std::string, std::complex<double>>& variables);

}  // namespace ergon::tasks::maths
