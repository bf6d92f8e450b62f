#include "report/markup/reading_note.h"

#include <algorithm>
#include <fmt/format.h>

namespace ergon::report {

std::optional<energy::Method> uniform_method(const std::vector<std::optional<energy::Method>>& methods) {
    const bool same = !methods.empty() && std::ranges::adjacent_find(methods, std::not_equal_to<>()) == methods.end();
    return same ? methods.front() : std::nullopt;
}

std::string reading_note(std::optional<energy::Method> method, bool intervals) {
    std::string note;
    if (method) add_sentence(note, fmt::format("All values are {}.", energy::name(*method)));
    if (intervals) add_sentence(note, "Whiskers are 95% intervals.");
    return note;
}

std::string with_method(const std::string& name, std::optional<energy::Method> method) {
    return method ? fmt::format("{} ({})", name, energy::name(*method)) : name;
}

void add_sentence(std::string& note, const std::string& sentence) {
    if (!note.empty()) note += ' ';
    note += sentence;
}

}  // namespace ergon::report
