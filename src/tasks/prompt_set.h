#pragma once
// A prompt, and how its answers are told right from wrong.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ergon::tasks {

/// How an answer is told right from wrong; grader.h says what each accepts.
enum class Grader : std::uint8_t { none, exact, match, includes, number, choice, regex, boxed, list, countdown };

struct Prompt {
    std::string id;
    std::string category;  // of a public test: its subject
    std::string text;
    std::string answer;                      // the right one, where there is one; of a multiple choice: its letter
    std::vector<std::string> choices = {};   // of a multiple choice, A first
    std::vector<std::string> accepted = {};  // other right answers
    Grader grader = Grader::none;
    std::string pattern = {};                // what a right answer contains, if it is graded by regular expression
    std::optional<double> tolerance = {};    // of a number, relative; as maths::same_number has it if absent
    std::vector<std::int64_t> numbers = {};  // what a countdown's expression is made of
    std::int64_t target = 0;                 // and what it must come to
};

}  // namespace ergon::tasks
