#pragma once
// What an answer of mathematics says, and whether two of them say the same.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/graders/maths/expression.h"
#include "tasks/graders/maths/literal.h"

namespace ergon::tasks::maths {

struct Value {
    enum class Kind : std::uint8_t {
        formula,   // expression
        words,     // text: words, or what is none of the others, compared as it is written
        list,      // items in any order: 3, 4
        set,       // the same in braces
        sequence,  // items in their order between brackets: (1, 2), [0, 1)
        join,      // of sets and intervals by \cup: items in any order
        matrix,    // items row by row
        relation,  // items with relations between them: y = 2x + 1, 1 < x \le 2
    };
    Kind kind = Kind::words;
    std::string text;  // the tokens without blanks, braces and looks
    Expression expression;
    bool percent = false, degrees = false;
    std::string digits;  // of a number in a base: as written
    unsigned base = 0;
    std::string unit;                    // the words behind a formula
    std::string open, close;             // brackets of a sequence; name of a matrix in `open`
    std::size_t columns = 0;             // of a matrix
    std::vector<std::string> relations;  // "=", "<", "le", ...
    bool assigned = false;               // a relation that only gives its last item a name: x = 3
    std::vector<Value> items;
};

/// Reads an answer in LaTeX or plain notation. What fits no rule, is nested too deeply or longer than 16 KiB is words.
Value parse_value(std::string_view text, Commas commas);

/// Whether two values are equal. Numbers, roots, polynomials and fractions exactly; what is beyond (sin, nested roots)
/// in floating point at several places. Percent, degrees, units and "x =" may be left out on one side; units of one
/// dimension are converted. Where one is a decimal fraction, it may be rounded (same_number). A tolerance (relative) is
/// for all numbers.
bool same_value(const Value& right, const Value& found, std::optional<double> tolerance);

/// Whether an answer says the same as the right one, in any reading of its commas: "1,234" is a number, and where the
/// right answer is a list it is two.
bool same_maths(std::string_view right, std::string_view found, std::optional<double> tolerance);

}  // namespace ergon::tasks::maths
