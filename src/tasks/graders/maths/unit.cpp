#include "tasks/graders/maths/unit.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/strings/text.h"

namespace ergon::tasks::maths {
namespace {

struct Named {
    std::string_view dimension;
    std::int64_t top, bottom;    // the scale
    std::string_view spellings;  // each between blanks, in the singular
};
constexpr auto units = std::to_array<Named>({
    {"length", 1, 1, " m meter metre "},
    {"length", 1, 100, " cm centimeter centimetre "},
    {"length", 1, 1000, " mm millimeter millimetre "},
    {"length", 1000, 1, " km kilometer kilometre "},
    {"length", 254, 10000, " in inch inche "},
    {"length", 3048, 10000, " ft foot feet "},
    {"length", 9144, 10000, " yd yard "},
    {"length", 1609344, 1000, " mi mile "},
    {"time", 1, 1, " s sec second "},
    {"time", 60, 1, " min minute "},
    {"time", 3600, 1, " h hr hour "},
    {"time", 86400, 1, " day "},
    {"time", 604800, 1, " week "},
    {"mass", 1, 1, " g gram "},
    {"mass", 1000, 1, " kg kilogram "},
    {"mass", 1, 1000, " mg milligram "},
    {"mass", 45359237, 100000, " lb pound "},
    {"mass", 28349523125, 1000000000, " oz ounce "},
    {"volume", 1, 1, " l liter litre "},
    {"volume", 1, 1000, " ml milliliter millilitre "},
    {"money", 100, 1, " dollar usd "},
    {"money", 1, 1, " cent "},
});

const Named* find(std::string_view name) {
    std::string word = base::lowered(name);
    for (int plural = 0; plural < 2; ++plural) {
        if (word.empty()) return nullptr;
        const std::string between = ' ' + word + ' ';
        const auto* found = std::ranges::find_if(
            units, [&](const Named& one) { return one.spellings.find(between) != std::string_view::npos; });
        if (found != units.end()) return found;
        if (!word.ends_with('s') || word.size() < 3) return nullptr;
        word.pop_back();
    }
    return nullptr;
}

}  // namespace

bool known_unit(std::string_view name) {
    return find(name) != nullptr;
}

std::optional<Unit> unit_of(std::string_view words) {
    std::string text = base::lowered(base::trimmed(words, " .\\"));
    int exponent = 1;
    for (const auto& [prefix, power_of] : {std::pair<std::string_view, int>{"square ", 2}, {"cubic ", 3}, {"sq ", 2}}) {
        if (text.starts_with(prefix)) {
            exponent = power_of;
            text.erase(0, prefix.size());
        }
    }
    for (const auto& [suffix, power_of] :
         {std::pair<std::string_view, int>{"^2", 2}, {"^3", 3}, {" squared", 2}, {" cubed", 3}}) {
        if (text.ends_with(suffix)) {
            exponent = power_of;
            text.resize(text.size() - suffix.size());
        }
    }
    const Named* const named = find(text);
    if (named == nullptr) return std::nullopt;
    std::string dimension(named->dimension);
    if (exponent > 1) dimension += '^' + std::to_string(exponent);
    return Unit{std::move(dimension), power(Rational(named->top, named->bottom), exponent)};
}

}  // namespace ergon::tasks::maths
