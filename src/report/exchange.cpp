#include "report/exchange.h"

#include <fmt/format.h>

#include "base/strings/characters.h"
#include "base/strings/format_number.h"
#include "report/markup/characters.h"

namespace ergon::report {
namespace {

std::string count(std::size_t characters) {
    return base::fixed(static_cast<double>(characters), 0);
}

/// A text as it was written. Its direction is its own, whatever stands beside it.
Markup written(std::string_view text) {
    const Beginning shown = beginning_of(text, max_shown_characters);
    Markup whole;
    whole.element("div", {{"class", "written"}, {"dir", "auto"}}, shown.text);
    if (shown.left_out > 0) {
        whole.element("p", {{"class", "remark"}},
                      fmt::format("… ({} more characters are in the results file)", count(shown.left_out)));
    }
    return whole;
}

Markup thought_markup(const std::string& thought) {
    Markup inside;
    inside.element("summary", {}, fmt::format("Thought, {} characters", count(base::characters(thought).size())));
    inside.element("div", {{"class", "thinking"}}, written(thought));
    return Markup().element("details", {{"class", "thought"}}, inside);
}

Markup answer_markup(const Answer& answer) {
    Markup inside;
    inside.element("h4", {}, answer.label);
    if (!answer.figures.empty()) inside.element("p", {{"class", "remark"}}, answer.figures);
    if (!answer.thought.empty()) inside.add(thought_markup(answer.thought));
    if (answer.text.empty()) {
        inside.element("p", {{"class", "remark"}}, "No answer.");
    } else {
        inside.add(written(answer.text));
    }
    return Markup().element("div", {{"class", "answer"}}, inside);
}

}  // namespace

Markup markup(const Exchange& exchange) {
    Markup columns;
    for (const Answer& answer : exchange.answers) columns.add(answer_markup(answer));
    Markup inside;
    inside.element("summary", {}, Markup().element("bdi", {}, exchange.heading));
    inside.element("div", {{"class", "prompt"}}, written(exchange.prompt));
    inside.element("div", {{"class", "answers"}}, columns);
    return Markup().element("details", {{"class", "exchange"}}, inside);
}

}  // namespace ergon::report
