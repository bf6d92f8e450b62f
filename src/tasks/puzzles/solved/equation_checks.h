#pragma once
// What a worked solution claims of numbers, and whether it is so.

#include <string_view>
#include <vector>

namespace ergon::tasks {

struct EquationCheck {
    std::string_view text;
    bool holds;
};

/// The words of a text that begin with a digit or a bracket and hold =, <, >, <= or >=, in their order: "7+5=12",
/// "3*19=57>43". One holds if each of its relations does; one with sides that are no expressions does not.
std::vector<EquationCheck> equation_checks_in(std::string_view text);

/// What stands behind the last of a claim's signs: of "3*19=57>43" it is 43.
std::string_view last_side(std::string_view claim);

}  // namespace ergon::tasks
