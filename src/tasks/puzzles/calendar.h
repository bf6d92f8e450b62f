#pragma once
// Days and times of puzzles, as they are written.

#include <array>
#include <chrono>
#include <cstdint>
#include <fmt/format.h>
#include <string>
#include <string_view>

#include "tasks/puzzles/puzzle_kinds.h"

namespace ergon::tasks {

inline constexpr std::array<std::string_view, 7> weekdays{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                          "Friday", "Saturday", "Sunday"};
inline constexpr std::array<std::string_view, 12> months{"January",   "February", "March",    "April",
                                                         "May",       "June",     "July",     "August",
                                                         "September", "October",  "November", "December"};

struct Date {
    int year;
    unsigned month, day;
    std::string iso() const { return fmt::format("{:04}-{:02}-{:02}", year, month, day); }
    std::string written() const { return fmt::format("{} {} {}", day, months[month - 1], year); }
    std::string american() const { return fmt::format("{} {}, {}", months[month - 1], day, year); }
};

inline Date date_of(std::chrono::sys_days days) {
    const std::chrono::year_month_day date(days);
    return {static_cast<int>(date.year()), static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day())};
}

/// A day from 2001 to 2040.
inline std::chrono::sys_days any_day(Draw& draw) {
    return std::chrono::sys_days(std::chrono::year(2001) / 1 / 1) + std::chrono::days(draw.between(0, 14'600));
}

/// Minutes since midnight as HH:MM.
inline std::string clock_time(std::int64_t minutes) {
    return fmt::format("{:02}:{:02}", minutes / 60 % 24, minutes % 60);
}

}  // namespace ergon::tasks
