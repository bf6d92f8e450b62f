// Dates, times and units.

#include <chrono>
#include <fmt/format.h>

#include "tasks/puzzles/calendar.h"
#include "tasks/puzzles/puzzle_kinds.h"

namespace ergon::tasks {
namespace {

Prompt weekday_later(Draw& draw) {
    const std::int64_t today = draw.between(0, 6), later = draw.between(10, 100);
    const bool back = draw.between(0, 2) == 0;
    const std::int64_t then = ((today + (back ? -later : later)) % 7 + 7) % 7;
    return puzzle(fmt::format("Today is {}. Which day of the week {} {} days {}?", weekdays[today],
                              back ? "was it" : "will it be", later, back ? "ago" : "from now"),
                  "the name of the day alone", std::string(weekdays[then]), Grader::match);
}

Prompt date_later(Draw& draw) {
    const std::chrono::sys_days begin = any_day(draw);
    const std::int64_t days = draw.between(20, 90);
    const Date end = date_of(begin + std::chrono::days(days));
    Prompt prompt = puzzle(fmt::format("Which date is {} days after {}?", days, date_of(begin).written()),
                           "the date as YYYY-MM-DD", end.iso(), Grader::match);
    prompt.accepted = {end.written(), end.american()};
    return prompt;
}

Prompt days_between(Draw& draw) {
    const std::chrono::sys_days begin = any_day(draw);
    const std::int64_t days = draw.between(15, 200);
    return puzzle(fmt::format("How many days after {} is {}?", date_of(begin).written(),
                              date_of(begin + std::chrono::days(days)).written()),
                  "the number alone", std::to_string(days), Grader::number);
}

Prompt arrival(Draw& draw) {
    const std::int64_t start = draw.between(0, 24 * 60 - 1), minutes = draw.between(65, 700);
    Prompt prompt =
        puzzle(fmt::format("A train leaves at {} and travels for {} hours and {} minutes. At what time does it "
                           "arrive, by the 24-hour clock?",
                           clock_time(start), minutes / 60, minutes % 60),
               "the time as HH:MM", clock_time(start + minutes), Grader::match);
    if (prompt.answer.starts_with('0')) prompt.accepted = {prompt.answer.substr(1)};
    return prompt;
}

struct Conversion {
    std::string_view large, small;
    std::int64_t factor;  // small units in a large one
};
constexpr std::array<Conversion, 16> conversions{{{"kilometres", "metres", 1000},
                                                  {"metres", "centimetres", 100},
                                                  {"centimetres", "millimetres", 10},
                                                  {"kilograms", "grams", 1000},
                                                  {"tonnes", "kilograms", 1000},
                                                  {"litres", "millilitres", 1000},
                                                  {"hours", "minutes", 60},
                                                  {"minutes", "seconds", 60},
                                                  {"days", "hours", 24},
                                                  {"weeks", "days", 7},
                                                  {"feet", "inches", 12},
                                                  {"yards", "feet", 3},
                                                  {"pounds", "ounces", 16},
                                                  {"square metres", "square centimetres", 10'000},
                                                  {"hectares", "square metres", 10'000},
                                                  {"kilowatt hours", "kilojoules", 3600}}};

/// Quarters as they are written: 10 is 2.5.
std::string quarters(std::int64_t count) {
    constexpr std::array<std::string_view, 4> decimals{"", ".25", ".5", ".75"};
    return fmt::format("{}{}", count / 4, decimals[count % 4]);
}

Prompt conversion(Draw& draw) {
    const Conversion& one = draw.one_of(conversions);
    const std::int64_t large = draw.between(5, 60);  // in quarters of the large unit
    const bool up = draw.between(0, 1) == 0;
    const std::string in_small = quarters(large * one.factor), in_large = quarters(large);
    return puzzle(fmt::format("How many {} are {} {}?", up ? one.large : one.small, up ? in_small : in_large,
                              up ? one.small : one.large),
                  "the number alone", up ? in_large : in_small, Grader::number);
}

Prompt speed(Draw& draw) {
    const std::int64_t metres = draw.between(2, 40);  // per second; times 3.6 in whole tenths
    const bool to_metres = draw.between(0, 1) == 0;
    const std::string per_second = std::to_string(metres),
                      per_hour = fmt::format("{}.{}", metres * 36 / 10, metres * 36 % 10);
    return puzzle(to_metres ? fmt::format("How many metres per second are {} kilometres per hour?", per_hour)
                            : fmt::format("How many kilometres per hour are {} metres per second?", per_second),
                  "the number alone", to_metres ? per_second : per_hour, Grader::number);
}

Prompt temperature(Draw& draw) {
    const std::int64_t celsius = 5 * draw.between(-6, 40), fahrenheit = celsius * 9 / 5 + 32;
    const bool to_celsius = draw.between(0, 1) == 0;
    return puzzle(to_celsius ? fmt::format("How many degrees Celsius are {} degrees Fahrenheit?", fahrenheit)
                             : fmt::format("How many degrees Fahrenheit are {} degrees Celsius?", celsius),
                  "the number alone", std::to_string(to_celsius ? celsius : fahrenheit), Grader::number);
}

}  // namespace

Prompt date_puzzle(Draw& draw) {
    constexpr std::array makers{weekday_later, date_later, days_between, arrival};
    return draw.one_of(makers)(draw);
}

Prompt unit_puzzle(Draw& draw) {
    constexpr std::array makers{conversion, conversion, conversion, speed, temperature};
    return draw.one_of(makers)(draw);
}

}  // namespace ergon::tasks
