// Days of the week, times of the day and dates, counted forwards step by step.

#include <fmt/format.h>

#include "tasks/puzzles/calendar.h"
#include "tasks/puzzles/solved/kinds.h"

namespace ergon::tasks {
namespace {

using std::chrono::sys_days;

/// "45=7*6+3", then day by day. The key is that of the earlier day: Friday and 45 days on, or from there 45 days back.
std::optional<SolvedPuzzle> weekday(Draw& draw, int) {
    const std::int64_t today = draw.between(0, 6), days = draw.between(2, 200), steps = days % 7;
    const bool ago = draw.between(0, 1) == 0;
    const auto day_after = [&](std::int64_t count) { return (today + (ago ? -count : count) + 7 * 30) % 7; };
    SolutionTrace working;
    working.line(fmt::format("{}=7*{}+{}", days, days / 7, steps), 1);
    working.line(weekdays[today]);
    for (std::int64_t i = 1; i <= steps; ++i) working.add(fmt::format(", {} {}", i, weekdays[day_after(i)]), 1);
    const std::int64_t other = day_after(days);
    constexpr std::array<std::string_view, 2> past{"Today is {}. Which day of the week was it {} days ago?",
                                                   "Which day of the week comes {1} days before a {0}?"},
        future{"Today is {}. Which day of the week will it be in {} days?",
               "Which day of the week comes {1} days after a {0}?"};
    return solved(fmt::format(fmt::runtime(draw.one_of(ago ? past : future)), weekdays[today], days),
                  std::string(weekdays[other]), Grader::match, working,
                  fmt::format("weekday {} {}", ago ? other : today, days));
}

/// Minutes, then hours.
std::optional<SolvedPuzzle> solved_arrival(Draw& draw, int) {
    const std::int64_t start = draw.between(0, 24 * 60 - 1), hours = draw.between(1, 11), minutes = draw.between(2, 59);
    const std::int64_t sum = start % 60 + minutes, carry = sum / 60;
    SolutionTrace working;
    working.line(fmt::format("{}+{}={}", start % 60, minutes, sum), 1);
    if (carry > 0) working.add(fmt::format(" {}-60={} c1", sum, sum - 60), 2);
    const std::int64_t arrives = start / 60 + hours + carry;
    working.line(fmt::format("{}+{}{}={}", start / 60, hours, carry > 0 ? "+1" : "", arrives), 1);
    if (arrives >= 24) working.add(fmt::format(" {}-24={}", arrives, arrives - 24), 1);
    constexpr std::array<std::string_view, 2> wordings{
        "A train leaves at {} and travels for {} hours and {} minutes. At what time does it arrive?",
        "What time is it {1} hours and {2} minutes after {0}?"};
    SolvedPuzzle made = solved(fmt::format(fmt::runtime(draw.one_of(wordings)), clock_time(start), hours, minutes),
                               clock_time(start + 60 * hours + minutes), Grader::match, working,
                               fmt::format("clock {} {}", start, 60 * hours + minutes));
    if (made.prompt.answer[0] == '0') made.prompt.accepted = {made.prompt.answer.substr(1)};
    return made;
}

/// The other way round, within a day.
std::optional<SolvedPuzzle> minutes_between(Draw& draw, int) {
    const std::int64_t start = draw.between(0, 23 * 60), end = draw.between(start + 2, 24 * 60 - 1);
    const std::int64_t from = start % 60, to = end % 60, carry = to < from ? 1 : 0;
    const std::int64_t hours = end / 60 - start / 60 - carry, minutes = to + 60 * carry - from;
    SolutionTrace working;
    if (carry > 0) {
        working.line(fmt::format("{}+60-{}={} c1", to, from, minutes), 2);
    } else {
        working.line(fmt::format("{}-{}={}", to, from, minutes), 1);
    }
    working.line(fmt::format("{}-{}{}={}", end / 60, start / 60, carry > 0 ? "-1" : "", hours), 1);
    working.line(fmt::format("{}*60+{}={}", hours, minutes, end - start), 1);
    return solved(
        fmt::format("How many minutes pass from {} to {} on the same day?", clock_time(start), clock_time(end)),
        std::to_string(end - start), Grader::number, working, fmt::format("clock {} {}", start, end - start));
}

int days_in_month(int year, unsigned month) {
    const auto end = std::chrono::year(year) / std::chrono::month(month) / std::chrono::last;
    return static_cast<int>(static_cast<unsigned>(end.day()));
}

/// Begins a month's line; a February says what the year is by its last two digits (there is no other century).
void begin_month(SolutionTrace& working, const Date& date) {
    working.line(fmt::format("{:04}-{:02}:", date.year, date.month));
    const int two = date.year % 100;
    if (date.month == 2) working.add(fmt::format(" {}=4*{}+{}", two, two / 4, two % 4), 1);
}

void next_month(Date& date) {
    date.month = date.month % 12 + 1;
    if (date.month == 1) ++date.year;
}

std::int64_t days_drawn(Draw& draw, int difficulty) {
    constexpr std::array<std::array<std::int64_t, 2>, hardest> days{{{2, 9}, {5, 30}, {20, 90}, {90, 200}, {200, 360}}};
    return draw.between(days[difficulty - 1][0], days[difficulty - 1][1]);
}

std::string key_of_days(const Date& begin, std::int64_t days) {
    return fmt::format("days {} {}", begin.iso(), days);
}

/// The day's number counts on, and each month takes its days off until it holds the rest.
std::optional<SolvedPuzzle> date_after(Draw& draw, int difficulty) {
    const sys_days begin = any_day(draw);
    const std::int64_t days = days_drawn(draw, difficulty);
    const Date first = date_of(begin), last = date_of(begin + std::chrono::days(days));
    SolutionTrace working;
    std::int64_t day = first.day + days;
    working.line(fmt::format("{}+{}={}", first.day, days, day), 1);
    Date month = first;
    while (true) {
        begin_month(working, month);
        const int length = days_in_month(month.year, month.month);
        if (day <= length) break;
        working.add(fmt::format(" {}-{}={}", day, length, day - length), 1);
        day -= length;
        next_month(month);
    }
    working.add(fmt::format(" {}<={}", day, days_in_month(month.year, month.month)), 1);
    constexpr std::array<std::string_view, 2> wordings{"Which date is {} days after {}?",
                                                       "Today is {1}. What is the date in {0} days?"};
    SolvedPuzzle made = solved(fmt::format(fmt::runtime(draw.one_of(wordings)), days, first.iso()), last.iso(),
                               Grader::match, working, key_of_days(first, days));
    made.prompt.accepted = {last.written(), last.american()};
    return made;
}

/// What is left of the first month, the months between, the days of the last.
std::optional<SolvedPuzzle> solved_days(Draw& draw, int difficulty) {
    const sys_days begin = any_day(draw);
    const std::int64_t days = days_drawn(draw, difficulty);
    const Date first = date_of(begin), last = date_of(begin + std::chrono::days(days));
    SolutionTrace working;
    if (first.month == last.month && first.year == last.year) {
        working.line(fmt::format("{}-{}={}", last.day, first.day, days), 1);
    } else {
        Date month = first;
        begin_month(working, month);
        const int length = days_in_month(month.year, month.month);
        std::int64_t sum = length - static_cast<int>(first.day);
        working.add(fmt::format(" {}-{}={}", length, first.day, sum), 1);
        for (next_month(month); month.month != last.month; next_month(month)) {
            begin_month(working, month);
            const int more = days_in_month(month.year, month.month);
            working.add(fmt::format(" {}+{}={}", sum, more, sum + more), 1);
            sum += more;
        }
        working.line(fmt::format("{:04}-{:02}: {}+{}={}", last.year, last.month, sum, last.day, days), 1);
    }
    constexpr std::array<std::string_view, 2> wordings{"How many days are there from {} to {}?",
                                                       "How many days after {} is {}?"};
    return solved(fmt::format(fmt::runtime(draw.one_of(wordings)), first.iso(), last.iso()), std::to_string(days),
                  Grader::number, working, key_of_days(first, days));
}

}  // namespace

std::optional<SolvedPuzzle> solved_date(Draw& draw, int difficulty) {
    constexpr std::array makers{weekday, solved_arrival, minutes_between, date_after, solved_days};
    return draw.one_of(makers)(draw, difficulty);
}

}  // namespace ergon::tasks
