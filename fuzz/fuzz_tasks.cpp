// Any bytes as a file of prompts, and as an answer to each kind of prompt: prompts that grade their own answer right, a
// grade, or base::Error.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "tasks/graders/grader.h"
#include "tasks/readers/readers.h"

namespace {

using namespace ergon::tasks;

void read(std::string_view text) {
    try {
        for (const Prompt& prompt : parse_task(text, "input", {})) {
            if (prompt.id.empty() && prompt.text.empty()) std::abort();
            if (grade(prompt, prompt.text) && prompt.grader == Grader::none) std::abort();
        }
    } catch (const ergon::base::Error&) {
    }
}

Prompt asking(Grader grader, std::string answer) {
    Prompt prompt{"fuzz", "", "?", std::move(answer)};
    prompt.grader = grader;
    prompt.accepted = {"(1, \\frac{1}{2})"};
    return prompt;
}

/// An answer is right or wrong, and not both when it is asked twice.
void answer(const Prompt& prompt, std::string_view text) {
    const auto right = grade(prompt, text);
    if (!right || grade(prompt, text) != right) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    read(text);
    for (const Grader grader : {Grader::exact, Grader::match, Grader::includes, Grader::boxed, Grader::list}) {
        answer(asking(grader, "1, 2, 3"), text);
    }
    Prompt number = asking(Grader::number, "42");
    number.accepted.clear();
    answer(number, text);
    Prompt choice = asking(Grader::choice, "B");
    choice.choices = {"red", "green", "1"};
    answer(choice, text);
    Prompt countdown = asking(Grader::countdown, "");
    countdown.numbers = {1, 2, 3, 100};
    countdown.target = 6;
    answer(countdown, text);
    Prompt regex = asking(Grader::regex, "");
    regex.pattern = text.substr(0, text.find('\n'));
    try {
        if (!regex.pattern.empty()) answer(regex, text);
    } catch (const ergon::base::Error&) {
    }
    return 0;
}
