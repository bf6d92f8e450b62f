#pragma once
// Values by time, as loggers and grids write them.

#include <filesystem>
#include <string_view>
#include <vector>

namespace ergon::energy {

struct TimedValue {
    double time = 0;  // seconds since 1970
    double value = 0;
};

/// Lines "time,value"; more columns and a heading are allowed, the time is in seconds since 1970 or as
/// 2026-11-22T17:13:35Z in UTC (a space may stand for the T; the seconds may have a fraction or be left out, as may the
/// Z). Ascending in time. Throws Error(not_found | bad_file) with the line: `what` ("watts") names the values, which
/// lie from 0 to `most`.
std::vector<TimedValue> read_timed_values(const std::filesystem::path& path, std::string_view what, double most);

}  // namespace ergon::energy
