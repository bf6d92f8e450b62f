#include "energy/counters/timed_values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <optional>
#include <sstream>

#include "base/error.h"
#include "base/files/file.h"
#include "base/strings/text.h"

namespace ergon::energy {
namespace {

using base::trimmed;

constexpr std::size_t max_series_bytes = 256 << 20;
constexpr double latest = 253'402'300'799;  // the end of the year 9999

std::optional<double> decimal_number(std::string_view text) {
    double value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// 2026-11-22T17:13:35.5Z, 2026-11-22T17:13+00:00
std::optional<double> date(std::string_view text) {
    if (text.ends_with("+00:00")) text.remove_suffix(6);
    if (text.ends_with('Z')) text.remove_suffix(1);
    const std::string with_seconds = std::string(text) + (text.size() == 16 ? ":00" : "");
    text = with_seconds;
    if (text.size() < 19 || (text[10] != 'T' && text[10] != ' ')) return std::nullopt;
    std::tm fields{};
    const auto field = [&](std::size_t begin, std::size_t size) {
        const std::string_view digits = text.substr(begin, size);
        return digits.find_first_not_of("0123456789") == digits.npos ? std::stoi(std::string(digits)) : -1;
    };
    fields.tm_year = field(0, 4) - 1900;
    fields.tm_mon = field(5, 2) - 1;
    fields.tm_mday = field(8, 2);
    fields.tm_hour = field(11, 2);
    fields.tm_min = field(14, 2);
    fields.tm_sec = field(17, 2);
    std::tm same = fields;
    const double seconds = static_cast<double>(::timegm(&same));  // which makes the 31st of April the 1st of May
    if (seconds < 0 || same.tm_mon != fields.tm_mon || same.tm_mday != fields.tm_mday ||
        same.tm_hour != fields.tm_hour || same.tm_min != fields.tm_min || same.tm_sec != fields.tm_sec) {
        return std::nullopt;
    }
    const std::string_view fraction = text.substr(19);
    const std::optional<double> rest = fraction.empty() ? 0 : decimal_number(fraction);  // ".5" reads as 0.5
    if (!rest) return std::nullopt;
    return seconds + *rest;
}

}  // namespace

std::vector<TimedValue> read_timed_values(const std::filesystem::path& path, std::string_view what, double most) {
    std::istringstream lines(base::read_text(path, max_series_bytes));
    std::vector<TimedValue> values;
    std::int64_t count = 0;
    for (std::string line; std::getline(lines, line);) {
        ++count;
        const std::string_view text = trimmed(line);
        if (text.empty()) continue;
        const std::string_view first = trimmed(text.substr(0, text.find(',')));
        std::string_view second = text.substr(std::min(text.find(',') + 1, text.size()));
        second = trimmed(second.substr(0, second.find(',')));
        const std::optional<double> time = decimal_number(first) ? decimal_number(first) : date(first);
        const std::optional<double> value = decimal_number(second);
        const bool right = text.find(',') != text.npos && time && *time >= 0 && *time <= latest && value &&
                           *value >= 0 && *value <= most && (values.empty() || *time >= values.back().time);
        if (!right && count > 1) {
            base::fail(base::ErrorCode::bad_file,
                       "{}, line {}: expected a time (seconds since 1970, or 2026-11-22T17:13:35 in UTC) not before "
                       "that of the line before, a comma, and {}; found \"{}\".",
                       path.string(), count, what, text.substr(0, 60));
        }
        if (right) values.push_back({*time, *value});
    }
    return values;
}

}  // namespace ergon::energy
