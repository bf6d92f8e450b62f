#include "energy/cost/grid.h"

#include <algorithm>
#include <charconv>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/strings/text.h"
#include "energy/cost/carbon.h"
#include "energy/cost/command_output.h"
#include "energy/counters/timed_values.h"

namespace ergon::energy {
namespace {

using base::ErrorCode;
using base::GramsPerKilowattHour;

// Grids publish no oftener (assumed).
constexpr std::chrono::minutes poll_interval(5);
// A web service that answers at all does so within this time (assumed).
constexpr base::Nanoseconds command_limit(20'000'000'000);
constexpr double hour = 3600;

std::string clock_text(double time) {
    return fmt::format("{:%Y-%m-%dT%H:%MZ}", fmt::gmtime(static_cast<std::time_t>(time)));
}

std::vector<TimedValue> read_hours(const std::string& path) {
    std::vector<TimedValue> hours =
        read_timed_values(path, fmt::format("grams of CO2e per kWh from 0 to {}", max_grams), max_grams);
    if (hours.empty()) base::fail(ErrorCode::bad_file, "{} has no hours; expected lines \"time,g/kWh\"", path);
    return hours;
}

std::optional<GramsPerKilowattHour> value_at(const std::vector<TimedValue>& hours, double time) {
    const auto after = std::ranges::upper_bound(hours, time, {}, &TimedValue::time);
    if (after == hours.begin() || time >= std::prev(after)->time + hour) return std::nullopt;
    return GramsPerKilowattHour(std::prev(after)->value);
}

Grid open_file(const std::string& path) {
    return [path, hours = read_hours(path)](SystemTime now) mutable {
        const double time = std::chrono::duration<double>(now.time_since_epoch()).count();
        if (const auto value = value_at(hours, time)) return *value;
        hours = read_hours(path);
        if (const auto value = value_at(hours, time)) return *value;
        base::fail(ErrorCode::bad_file,
                   "{} has no value for the current time, {}; it covers {} to {}: add the missing hours", path,
                   clock_text(time), clock_text(hours.front().time), clock_text(hours.back().time + hour));
    };
}

/// The first number in a text.
std::optional<double> first_number(std::string_view text) {
    const std::size_t digit = text.find_first_of("0123456789");
    if (digit == text.npos) return std::nullopt;
    const std::size_t begin = digit > 0 && (text[digit - 1] == '-' || text[digit - 1] == '.') ? digit - 1 : digit;
    double number = 0;
    const auto [end, problem] = std::from_chars(text.data() + begin, text.data() + text.size(), number);
    return problem == std::errc() ? std::optional(number) : std::nullopt;
}

GramsPerKilowattHour read_intensity(const std::string& command) {
    const std::string output = command_output(command, command_limit);
    const std::optional<double> number = first_number(output);
    if (!number || *number < 0 || *number > max_grams) {
        base::fail(ErrorCode::bad_file,
                   "The command \"{}\" prints \"{}\"; expected grams of CO2e per kWh from 0 to {} as its first number.",
                   command, base::trimmed(std::string_view(output).substr(0, 60)), max_grams);
    }
    return GramsPerKilowattHour(*number);
}

Grid open_command(const std::string& command) {
    struct Polled {
        SystemTime time;
        GramsPerKilowattHour value;
    };
    return [command, last = std::optional<Polled>()](SystemTime now) mutable {
        if (!last || now - last->time >= poll_interval || now < last->time) last = Polled{now, read_intensity(command)};
        return last->value;
    };
}

}  // namespace

Grid open_grid(const std::string& spec) {
    constexpr std::string_view command = "command:";
    return spec.starts_with(command) ? open_command(spec.substr(command.size())) : open_file(spec);
}

}  // namespace ergon::energy
