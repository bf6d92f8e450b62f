// Amounts in other units, one unit after the other.

#include <fmt/format.h>

#include "tasks/puzzles/solved/kinds.h"

namespace ergon::tasks {
namespace {

/// Units from large to small, and how many of each make one of the unit before it.
struct Scale {
    std::size_t count;
    std::array<std::string_view, 5> units;
    std::array<std::int64_t, 5> factors;
};
constexpr std::array<Scale, 7> scales{{{5, {"weeks", "days", "hours", "minutes", "seconds"}, {0, 7, 24, 60, 60}},
                                       {4, {"days", "hours", "minutes", "seconds"}, {0, 24, 60, 60}},
                                       {4, {"kilometres", "metres", "centimetres", "millimetres"}, {0, 1000, 100, 10}},
                                       {3, {"yards", "feet", "inches"}, {0, 3, 12}},
                                       {3, {"tonnes", "kilograms", "grams"}, {0, 1000, 1000}},
                                       {3, {"litres", "centilitres", "millilitres"}, {0, 100, 10}},
                                       {2, {"pounds", "ounces"}, {0, 16}}}};

/// "17*24=340+68=408": by a factor of two digits in two parts.
void write_product(SolutionTrace& working, std::int64_t amount, std::int64_t factor) {
    if (factor > 10 && factor < 100 && factor % 10 != 0) {
        const std::int64_t tens = factor / 10 * 10;
        working.add(
            fmt::format(" {}*{}={}+{}={}", amount, factor, amount * tens, amount * (factor - tens), amount * factor),
            2);
    } else {
        working.add(fmt::format(" {}*{}={}", amount, factor, amount * factor), 1);
    }
}

/// Of a scale the part that a puzzle is about.
struct Stretch {
    const Scale& scale;
    std::size_t first, last;
};

Stretch stretch_of(Draw& draw, int difficulty) {
    const Scale& scale = draw.one_of(scales);
    const auto places = static_cast<std::int64_t>(scale.count);
    const std::int64_t steps = draw.between(1, std::min<std::int64_t>(places - 1, difficulty));
    const std::int64_t first = draw.between(0, places - 1 - steps);
    return {scale, static_cast<std::size_t>(first), static_cast<std::size_t>(first + steps)};
}

/// What makes it the same amount whatever the units.
std::string key_of_amount(const Stretch& stretch, std::int64_t amount) {
    for (std::size_t i = stretch.last + 1; i < stretch.scale.count; ++i) amount *= stretch.scale.factors[i];
    return fmt::format("amount {} {}", stretch.scale.units[stretch.scale.count - 1], amount);
}

/// 3 days, 4 hours and 25 minutes in minutes.
std::optional<SolvedPuzzle> to_small(Draw& draw, int difficulty) {
    const Stretch stretch = stretch_of(draw, difficulty);
    const auto& [scale, first, last] = stretch;
    SolutionTrace working;
    std::vector<std::string> parts;
    std::int64_t amount = 0;
    for (std::size_t i = first; i <= last; ++i) {
        const std::int64_t limit = i == first ? 99 : std::min<std::int64_t>(scale.factors[i] - 1, 99);
        std::int64_t more = draw.between(2, std::max<std::int64_t>(limit, 2));
        if (i > first && (draw.between(0, 2) == 0 || limit < 2)) more = 0;
        if (i > first) {
            working.line(fmt::format("{}:", scale.units[i]));
            write_product(working, amount, scale.factors[i]);
            amount *= scale.factors[i];
            if (more > 0) working.add(fmt::format(" {}+{}={}", amount, more, amount + more), 1);
        }
        amount += more;
        if (more > 0) parts.push_back(fmt::format("{} {}", more, scale.units[i]));
    }
    constexpr std::array<std::string_view, 2> wordings{"How many {} are {}?", "Convert {1} to {0}."};
    return solved(fmt::format(fmt::runtime(draw.one_of(wordings)), scale.units[last], listed(parts)),
                  std::to_string(amount), Grader::number, working, key_of_amount(stretch, amount));
}

/// 4560 minutes in hours: a whole number.
std::optional<SolvedPuzzle> to_large(Draw& draw, int difficulty) {
    const Stretch stretch = stretch_of(draw, difficulty);
    const auto& [scale, first, last] = stretch;
    const std::int64_t result = draw.between(2, 99);
    std::int64_t amount = result;
    for (std::size_t i = first + 1; i <= last; ++i) amount *= scale.factors[i];
    const std::int64_t given = amount;
    SolutionTrace working;
    for (std::size_t i = last; i > first; --i) {
        working.line(
            fmt::format("{}: {}/{}={}", scale.units[i - 1], amount, scale.factors[i], amount / scale.factors[i]), 1);
        amount /= scale.factors[i];
    }
    constexpr std::array<std::string_view, 2> wordings{"How many {} are {} {}?", "Convert {1} {2} to {0}."};
    return solved(fmt::format(fmt::runtime(draw.one_of(wordings)), scale.units[first], given, scale.units[last]),
                  std::to_string(result), Grader::number, working, key_of_amount(stretch, given));
}

std::optional<SolvedPuzzle> solved_temperature(Draw& draw) {
    const std::int64_t celsius = 5 * draw.between(1, 60), fahrenheit = celsius * 9 / 5 + 32;
    const bool to_celsius = draw.between(0, 1) == 0;
    SolutionTrace working;
    working.line(to_celsius ? fmt::format("{}-32={} {}*5={} {}/9={}", fahrenheit, fahrenheit - 32, fahrenheit - 32,
                                          celsius * 9, celsius * 9, celsius)
                            : fmt::format("{}*9={} {}/5={} {}+32={}", celsius, celsius * 9, celsius * 9,
                                          fahrenheit - 32, fahrenheit - 32, fahrenheit),
                 3);
    return solved(to_celsius ? fmt::format("How many degrees Celsius are {} degrees Fahrenheit?", fahrenheit)
                             : fmt::format("How many degrees Fahrenheit are {} degrees Celsius?", celsius),
                  std::to_string(to_celsius ? celsius : fahrenheit), Grader::number, working,
                  fmt::format("celsius {}", celsius));
}

/// 18 kilometres per hour are 5 metres per second.
std::optional<SolvedPuzzle> solved_speed(Draw& draw) {
    const std::int64_t fives = draw.between(2, 60);
    const bool to_metres = draw.between(0, 1) == 0;
    const std::int64_t given = to_metres ? 18 * fives : 5 * fives, result = to_metres ? 5 * fives : 18 * fives;
    SolutionTrace working;
    working.line(fmt::format("{}/{}={}", given, given / fives, fives), 1);
    write_product(working, fives, result / fives);
    return solved(to_metres ? fmt::format("How many metres per second are {} kilometres per hour?", given)
                            : fmt::format("How many kilometres per hour are {} metres per second?", given),
                  std::to_string(result), Grader::number, working, fmt::format("speed {}", fives));
}

}  // namespace

std::optional<SolvedPuzzle> solved_units(Draw& draw, int difficulty) {
    const std::int64_t which = draw.between(0, 9);  // few values of temperature and speed make few puzzles
    if (which == 0 && difficulty == 3) return solved_temperature(draw);
    if (which == 1 && difficulty < 4) return solved_speed(draw);
    return which < 4 ? to_large(draw, difficulty) : to_small(draw, difficulty);
}

}  // namespace ergon::tasks
